"""Writes what a command was asked to put into a file."""

from __future__ import annotations

from pathlib import Path

from tuner.errors import UsageError

__all__ = ["write_file"]


def write_file(path: Path, text: str) -> None:
    """Write a whole text file, or leave what was there before; a device takes the text as it comes.

    Raises:
        UsageError: It cannot be written.
    """
    if path.is_dir():
        raise UsageError(
            f"`{path}` cannot be written: it is a folder.",
            "Name a file in it.",
        )
    partial = path.with_name(f".{path.name}.partial")
    try:
        if path.exists() and not path.is_file():  # a pipe or a device is not to be replaced
            path.write_text(text, encoding="utf-8", newline="")
            return
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(
            f"`{path}` cannot be written: {error.strerror or error}.",
            "Choose another file.",
        ) from error
