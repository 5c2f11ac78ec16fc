"""Finds the commands in `tuner/commands` by file name, without importing them."""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from tuner.errors import UsageError

__all__ = ["Command", "CommandModule", "find_commands", "load_command"]

PACKAGE = "tuner.commands"
FOLDER = Path(__file__).with_name("commands")


class CommandModule(Protocol):
    """What a module in `tuner/commands` defines."""

    __doc__: str | None

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's options."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do the work and return the exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as `tuner --help` lists it.

    Attributes:
        name: What is typed, such as `search`.
        summary: First line of the module's docstring.
        module: Full name of the module.
    """

    name: str
    summary: str
    module: str


def find_commands(folder: Path = FOLDER) -> dict[str, Command]:
    """Return the commands in `folder` by name, in alphabetical order."""
    paths = sorted(path for path in folder.glob("*.py") if not path.stem.startswith("_"))
    commands = (_read(path) for path in paths)
    return {command.name: command for command in commands}


def _read(path: Path) -> Command:
    """Return the command in one file; a file that cannot be parsed is listed with its fault."""
    try:
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        summary = docstring.strip().partition("\n")[0]
    except (SyntaxError, ValueError, OSError) as error:
        summary = f"(cannot be read: {error})"
    return Command(
        name=path.stem.replace("_", "-"), summary=summary, module=f"{PACKAGE}.{path.stem}"
    )


def load_command(name: str, commands: dict[str, Command]) -> CommandModule:
    """Import the module of one command, and no other.

    Raises:
        UsageError: There is no such command; the hint names the nearest one.
    """
    if name not in commands:
        near = difflib.get_close_matches(name, commands, n=1, cutoff=0.5)
        suggestion = f"Did you mean `tuner {near[0]}`? " if near else ""
        raise UsageError(
            f"There is no command `{name}`.",
            f"{suggestion}The commands are {', '.join(commands)}; see `tuner --help`.",
        )
    return cast(CommandModule, importlib.import_module(commands[name].module))
