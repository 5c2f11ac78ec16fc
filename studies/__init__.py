"""Ready-made studies: recipes and search spaces as TOML, one file each; no code."""
