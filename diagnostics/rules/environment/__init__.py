"""Rules about an environment: its libraries, its devices, and a script that is to run in it."""
