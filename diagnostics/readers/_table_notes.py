"""What is said about the reading of a table: which column was what, what was joined or dropped."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics.readers._draft import Draft
from diagnostics.readers._numbering import Numbering
from diagnostics.readers._table import RunTable
from diagnostics.readers._table_row import Roles

__all__ = ["mapping_notes", "numbering_notes", "order_notes"]

_SHOWN_NAMES = 12
_LONGEST_NAME = 40


def mapping_notes(roles: Roles) -> list[str]:
    """Return which columns were read as what, and which were left out."""
    notes = []
    read = [
        f"{_short(name)} as {meaning}"
        for name, meaning in roles.read_as.items()
        if name.lower() != meaning and name.lower() not in meaning.replace(" ", "_")
    ]
    if read:
        notes.append(f"Read {', '.join(read[:_SHOWN_NAMES])}{_and_more(len(read))}.")
    if roles.left_out:
        names = [_short(name) for name in roles.left_out[:_SHOWN_NAMES] if name.strip()]
        more = _and_more(len(roles.left_out))
        notes.append(f"Left out {', '.join(names)}{more}." if names else "")
    return [note for note in notes if note]


def _and_more(count: int) -> str:
    return f" and {count - _SHOWN_NAMES} more" if count > _SHOWN_NAMES else ""


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def order_notes(table: RunTable) -> list[str]:
    """Return what was joined for its number, and what was dropped for its order."""
    notes = []
    if table.points.group > 1:
        notes.append(
            f"The log has more evaluations than are kept; of every {table.points.group} one was."
        )
    if table.steps.group > 1:
        notes.append(
            f"The step-level log is long; the mean of every {table.steps.group} rows was kept."
        )
    if table.repeated:
        notes.append("Of several evaluations at one step the first was taken.")
    if table.superseded:
        notes.append(
            f"The log goes back to an earlier epoch {_times(len(table.returns))}; the later rows "
            f"count, and {table.superseded} earlier points were left out."
        )
    return notes


def numbering_notes(drafts: Sequence[Draft], numbering: Numbering) -> list[str]:
    """Return how epochs are numbered, where not as in the log."""
    if any(draft.epoch is not None for draft in drafts):
        return ["Epochs are counted from 0 there and from 1 here."] if numbering.from_zero else []
    if any(draft.step is not None for draft in drafts):
        return ["The log knows no epochs: its points are numbered by their steps."]
    return ["The log numbers neither epochs nor steps: each line was taken for an epoch."]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
