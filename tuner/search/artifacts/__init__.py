"""Models, checkpoints and records kept in a second place: any fsspec URL or shared folder."""
