"""A command for the shell on as many lines as it takes, to be copied from a terminal."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["INDENT", "command_lines"]

INDENT = 4
"""Blanks before each line but the first."""

_CONTINUED = " \\"
_WORD = re.compile(
    r"""(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+""", re.DOTALL
)
"""A word with its quotes: POSIX ones, and `$'...'` of bash and zsh."""


def command_lines(command: str, width: int) -> list[str]:
    r"""Break a command between its words; each line but the last ends in a backslash.

    An option stays with its value where both fit. A word that is longer than a line stays whole, on
    a line of its own: a terminal shows it on several lines and copies it as one.

    Args:
        command: One command, its words quoted for the shell.
        width: Cells per line.

    Returns:
        The lines; just the command where it fits, or where its quotes do not close.
    """
    words = _WORD.findall(command)
    if _cells(command) <= width or " ".join(words) != command:
        return [command]
    lines: list[str] = []
    for group in _groups(words):
        room = width - len(_CONTINUED)
        if lines and _cells(f"{lines[-1]} {group}") <= room:
            lines[-1] += f" {group}"
        else:
            lines.append(f"{' ' * INDENT}{group}" if lines else group)
    return [*(line + _CONTINUED for line in lines[:-1]), lines[-1]]


def _groups(words: list[str]) -> list[str]:
    """Return the words, options together with their values."""
    groups: list[str] = []
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        is_value = before.startswith("--") and "=" not in before and not word.startswith("-")
        if is_value:
            groups[-1] += f" {word}"
        else:
            groups.append(word)
    return groups


def _cells(text: str) -> int:
    """Return how many cells a text takes; wide letters, such as Chinese ones, take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
