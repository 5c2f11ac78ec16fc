"""Progress bars as tqdm and Keras draw them."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["KERAS_BAR", "Bar", "bar", "keras_seconds", "without_bar"]

_BAR = re.compile(r"%\|[^|]{0,400}\|\s{0,9}(\d{1,15})/(\d{1,15})\s{0,9}\[?")
KERAS_BAR = re.compile(
    r"\s{0,9}(\d{1,15})/(\d{1,15})\s{0,9}(?:\[[=>.\s]{2,80}\]|[━╸╺\s]{2,120}|-\s)"
)
"""Start of a line that Keras draws: steps done, steps of the epoch, the bar."""

_KERAS_SECONDS = re.compile(r"[-\s](\d{1,9})s(?: \d{1,9}\ws/|\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A progress bar: how far it is, of how much, and whether it carries a name."""

    done: int
    total: int
    named: bool


def bar(line: str) -> Bar | None:
    """Return the state of a progress bar as tqdm draws it, None for any other line."""
    start = line.find("%|")
    found = _BAR.match(line, start) if start >= 0 else None
    if found is None:
        return None
    named = not line[:start].replace(" ", "").isdecimal()
    return Bar(done=int(found[1]), total=int(found[2]), named=named)


def without_bar(line: str) -> str:
    """Return a bar's name and its figures, without the bar itself."""
    start = line.find("%|")
    found = _BAR.match(line, start)
    return (
        line if found is None else f"{line[:start].rstrip('0123456789 ')} . {line[found.end() :]}"
    )


def keras_seconds(text: str) -> float | None:
    """Return the time of an epoch from what Keras writes behind its bar, None without one."""
    found = _KERAS_SECONDS.search(text)
    return float(found[1]) if found else None
