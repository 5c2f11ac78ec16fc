"""The signs that the display draws with, and their stand-ins where only ASCII can be printed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ASCII", "UNICODE", "Symbols"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """One set of signs, each one cell wide.

    Attributes:
        best: Marks the best training or epoch.
        warning: Starts a warning.
        good: Starts what went well.
        bullet: Starts a remark.
        separator: Stands between remarks on one line.
        arrow: Stands between before and after.
        plus_minus: Stands between a mean and its spread.
        ellipsis: Stands where rows or letters were left out.
        gap: Marks left-out rows in a table.
        bar: A full cell of a bar.
        bar_rest: An empty cell of a bar.
        block: A full cell of a thick bar.
        block_parts: Eighths of a thick bar, from one eighth to seven; empty without such signs.
        spark: Heights of a sparkline, from low to high.
        filled: Points of finished trainings, one per batch size.
        hollow: The same for trainings that were stopped early.
        hollow_name: What `hollow` points are called in the legend.
        spinner: Frames of the sign before what is running.
        axis: Vertical axis, its tick, the corner, the horizontal axis and its tick.
    """

    best: str
    warning: str
    good: str
    bullet: str
    separator: str
    arrow: str
    plus_minus: str
    ellipsis: str
    gap: str
    bar: str
    bar_rest: str
    block: str
    block_parts: str
    spark: str
    filled: str
    hollow: str
    hollow_name: str
    spinner: str
    axis: str


UNICODE = Symbols(
    best="★",
    warning="!",
    good="✓",
    bullet="•",
    separator="·",
    arrow="→",
    plus_minus="±",
    ellipsis="…",
    gap="⋮",
    bar="━",
    bar_rest="─",
    block="█",
    block_parts="▏▎▍▌▋▊▉",
    spark="▁▂▃▄▅▆▇█",
    filled="●▲■◆▼",
    hollow="○△□◇▽",
    hollow_name="hollow",
    spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
    axis="│┤└─┬",
)

ASCII = Symbols(
    best="*",
    warning="!",
    good="+",
    bullet="-",
    separator="|",
    arrow="->",
    plus_minus="+/-",
    ellipsis="...",
    gap=":",
    bar="=",
    bar_rest="-",
    block="#",
    block_parts="",
    spark="_.-=^",
    filled="ABCDE",
    hollow="abcde",
    hollow_name="small",
    spinner="|/-\\",
    axis="|++-+",
)
