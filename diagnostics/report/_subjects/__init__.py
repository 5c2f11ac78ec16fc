"""One presenter per kind of subject: what reports say about it besides its findings."""
