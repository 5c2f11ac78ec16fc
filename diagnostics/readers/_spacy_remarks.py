"""What spaCy prints around its training table: how a training failed, or broke off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnostics.failure_messages import recognise_all
from diagnostics.readers._progress_bars import bar
from diagnostics.readers._text_lines import Line, plain
from diagnostics.subjects.run_history import RunEvent

__all__ = ["events_among", "watched"]

_MOST_OTHER_LINES = 2_000
_LONGEST_MESSAGE = 120


def watched(lines: Iterator[Line], others: list[str]) -> Iterator[str]:
    """Yield lines; those that are no numbers are kept for what else they tell, the last one too."""
    for _, line in lines:
        text = plain(line)
        if not text.lstrip()[:1].isdigit():
            del others[_MOST_OTHER_LINES - 1 :]
            others.append(text)
        yield text


def events_among(lines: Sequence[str]) -> tuple[RunEvent, ...]:
    """Return how a training failed; a log that ends in a half-drawn bar was broken off.

    spaCy ends with where it saved the pipeline, so that a bar is the last line of no whole log.
    """
    events = recognise_all("\n".join(lines))
    drawn = bar(lines[-1]) if lines else None
    if events or drawn is None or not 0 < drawn.done < drawn.total:
        return events
    shown = f"{lines[-1].partition('%|')[0].strip()} % ({drawn.done} of {drawn.total} steps)"
    message = f"The log breaks off in a progress bar: {shown[:_LONGEST_MESSAGE]}"
    return (RunEvent(kind="interrupted", message=message),)
