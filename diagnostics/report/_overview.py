"""Many checkups, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from diagnostics.findings import Severity
from diagnostics.judgement import Checkup
from diagnostics.report._presenter import presenter_of
from diagnostics.report._text import clean
from diagnostics.report_format import Unread

__all__ = ["overview_rows", "tally", "worst_first"]

_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan", "healthy": "green"}
_UNREAD = "not read"
_NAME_CELLS = 30


def word(checkup: Checkup[Any]) -> str:
    """Return `error`, `warning`, `info` or `healthy`."""
    return "healthy" if checkup.worst is None else checkup.worst.value


def worst_first(checkups: Sequence[Checkup[Any]]) -> list[Checkup[Any]]:
    """Return the checkups from the gravest to the healthy, those of one severity in their order."""
    return sorted(
        checkups, key=lambda each: len(Severity) if each.worst is None else each.worst.rank
    )


def tally(checkups: Sequence[Checkup[Any]], unread: Sequence[Unread]) -> str:
    """Return how many came out how, as `4 runs: 1 error, 3 healthy`."""
    words = [word(checkup) for checkup in checkups] + [_UNREAD] * len(unread)
    counts = {name: words.count(name) for name in (*_STYLES, _UNREAD)}
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    one, many = _nouns(checkups)
    return f"{len(words)} {one if len(words) == 1 else many}: {told}" if told else f"No {one}"


def _nouns(checkups: Sequence[Checkup[Any]]) -> tuple[str, str]:
    """Return what one and what several of them are called; runs when nothing could be judged."""
    nouns = {presenter_of(checkup.subject).noun for checkup in checkups}
    return nouns.pop() if len(nouns) == 1 else ("subject", "subjects") if nouns else ("run", "runs")


def overview_rows(
    checkups: Sequence[Checkup[Any]], unread: Sequence[Unread], width: int | None
) -> Iterator[tuple[str, str]]:
    """Yield (text, style) per checkup, in the order given, and the tally at the end.

    Args:
        checkups: The checkups.
        unread: Paths that could not be judged.
        width: Cells per line, in which long paths are cut; None never cuts one.
    """
    for checkup in checkups:
        row = f"{word(checkup):<8} {_head(checkup):<{_NAME_CELLS}} "
        path = clean(presenter_of(checkup.subject).source(checkup.subject))
        yield row + (path if width is None else _fitting(path, width - len(row))), _style(checkup)
    for each in unread:
        yield f"{_UNREAD:<8} {clean(each.path)}: {clean(each.message)}", "dim"
    yield tally(checkups, unread), "bold"


def _style(checkup: Checkup[Any]) -> str:
    return _STYLES[word(checkup)]


def _head(checkup: Checkup[Any]) -> str:
    """Return the gravest finding, and how many root causes there are besides its own."""
    if not checkup.findings:
        return "-"
    more = sum(found.consequence_of is None for found in checkup.findings) - 1
    first = min(checkup.findings, key=lambda found: found.severity.rank)
    suffix = f" +{more}" if more else ""
    return f"{first.rule} {first.name}"[: _NAME_CELLS - len(suffix)] + suffix


def _fitting(path: str, room: int) -> str:
    """Return a path, its beginning cut where there is no room: the end tells runs apart."""
    return path if len(path) <= max(20, room) else "..." + path[-max(20, room) + 3 :]
