"""A paragraph of the terminal report: styled, indented, wrapped as one."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics.findings import Severity

__all__ = ["BLANK", "STYLES", "Paragraph", "line"]

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Text that is wrapped as one.

    Attributes:
        parts: Pieces of harmless text, each with its style.
        indent: Cells before each line.
        hanging: Further cells before each line but the first.
        wrapped: False for what must stay as it is, such as a command.
        cut: Whether what is longer than the line is cut there, in place of being wrapped.
    """

    parts: tuple[tuple[str, str], ...] = ()
    indent: int = 0
    hanging: int = 0
    wrapped: bool = True
    cut: bool = False


BLANK = Paragraph()


def line(
    text: str, style: str = "", *, indent: int = 0, hanging: int = 0, wrapped: bool = True
) -> Paragraph:
    """Return a paragraph in one style."""
    return Paragraph(parts=((text, style),), indent=indent, hanging=hanging, wrapped=wrapped)
