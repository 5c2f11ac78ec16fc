"""What a repair or a conversion did to a data set: plain values, which a command shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diagnostics.findings import Place

__all__ = ["Change", "RepairReport", "WrittenSplit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One kind of change that was made, or was left to a person.

    Attributes:
        kind: Kebab-case name, such as `tags-repaired`.
        message: What was done, with its count, as one sentence.
        count: How often.
        places: The first places in the original, at most five.
    """

    kind: str
    message: str
    count: int
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSplit:
    """One file that was written.

    Attributes:
        name: `train`, `dev` or `test`.
        path: The new file.
        sentences: Sentences in it.
        tokens: Words in it.
        entities: Entities in it.
    """

    name: str
    path: Path
    sentences: int
    tokens: int
    entities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """What a repair or a conversion did.

    Attributes:
        out: The new folder.
        format: Name of the format that was written.
        splits: The files in it, `train` first.
        changes: What differs from the original, in the order in which it was done; empty when
            the copy holds the same sentences.
        left: What was found and left alone, since only a person can decide it.
        listed: The table of all changes, one by one; None when there are none.
    """

    out: Path
    format: str
    splits: tuple[WrittenSplit, ...]
    changes: tuple[Change, ...] = ()
    left: tuple[Change, ...] = ()
    listed: Path | None = None
