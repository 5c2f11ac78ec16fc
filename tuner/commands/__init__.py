"""The commands of the command line, one module each.

A command `tuner do-this` is the module `do_this.py` in this folder. The first line of its docstring
is its line in `tuner --help`; it defines `configure(parser)`, which adds its options, and
`run(arguments)`, which returns the exit code. Modules whose name starts with an underscore are
shared by commands and are none themselves. Commands are listed without importing them, so that a
light command never pays for a heavy one: import torch and its kind inside `run`.
"""
