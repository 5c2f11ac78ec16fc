"""Several processes on one study: an append-only log in a database, and what follows from it."""
