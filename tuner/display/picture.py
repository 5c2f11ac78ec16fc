"""What a terminal would show, as an SVG picture for a page or a talk."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

__all__ = ["svg_picture"]


def svg_picture(view: RenderableType, title: str, width: int) -> str:
    """Return `view` as it looks on a terminal of `width` cells, as an SVG document.

    Args:
        view: Anything that Rich prints.
        title: Stands in the window's frame.
        width: Cells per line.
    """
    console = Console(
        record=True,
        file=io.StringIO(),
        width=width,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    console.print(view)
    return console.export_svg(title=title, unique_id="tuner")
