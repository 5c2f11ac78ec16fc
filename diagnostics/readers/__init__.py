"""Log readers: one file per format."""
