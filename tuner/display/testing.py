"""Renders a view to plain text of a given size, for tests of what a person sees."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

__all__ = ["render"]


def render(view: RenderableType, width: int, *, color: bool = False) -> str:
    """Return `view` as a terminal of `width` cells would show it, without trailing blanks.

    Args:
        view: Anything that Rich prints.
        width: Cells per line.
        color: Keep the escape sequences of a terminal with 256 colours.
    """
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        height=40,
        force_terminal=color,
        color_system="256" if color else None,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    console.print(view, crop=False)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).strip("\n")
