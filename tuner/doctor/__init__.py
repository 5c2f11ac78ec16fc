"""Looks at a machine and its libraries: what is installed, what can be used, what a script asks."""
