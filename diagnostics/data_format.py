"""The contract of a data format, and the log in which its reader tells what it met.

A format is one module of `diagnostics/formats/` with one class derived from `DataFormat`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["Columns", "DataFormat", "Problem", "ReadOptions", "ReadingLog"]

EXAMPLES_KEPT = 5
"""How many problems of one kind are kept with their lines; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns hold the words and the tags, as the user chose them.

    Attributes:
        token: Name or number (from 0; negative numbers count from the end), or None for the
            format's own choice.
        tag: The same for the tags; for span formats the column with the spans.
        separator: What stands between two columns of a line, or None to detect it.
    """

    token: str | None = None
    tag: str | None = None
    separator: str | None = None

    NAMED_SEPARATORS: ClassVar[Mapping[str, str]] = {
        "tab": "\t",
        "comma": ",",
        "semicolon": ";",
        "whitespace": " ",
        "space": " ",
        "pipe": "|",
    }

    @classmethod
    def parse(cls, text: str | None) -> Columns:
        """Read the user's `token=0,tag=3,separator=tab`; None and "" choose nothing.

        Raises:
            DataError: If a part is not `name=value` with a known name.
        """
        chosen: dict[str, str] = {}
        for part in filter(None, (piece.strip() for piece in (text or "").split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not value or name not in ("token", "tag", "separator"):
                raise DataError(
                    f"`{part}` is no choice of columns.",
                    "Write it as `token=0,tag=3` (numbers from 0, -1 is the last; or names), "
                    "with `separator=tab` where needed.",
                )
            chosen[name] = value
        separator = chosen.get("separator", "")
        named = cls.NAMED_SEPARATORS.get(separator, separator) or None
        return cls(token=chosen.get("token"), tag=chosen.get("tag"), separator=named)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the user said about a file, beyond its name.

    Attributes:
        columns: Which columns to read.
        split: Name of the split to read, for formats that hold several in one place.
    """

    columns: Columns = field(default_factory=Columns)
    split: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a file that a person may want to look at.

    Attributes:
        kind: Kebab-case name, such as `ragged-line` or `overlapping-spans`.
        message: One sentence.
        line: 1-based line (or record) number, or None when it concerns the whole file.
    """

    kind: str
    message: str
    line: int | None = None


class ReadingLog:
    """What a reader found out while it read: facts, and problems with their lines.

    Args:
        source: What is read, for messages.
        strict: Raise at the first defect, as training does. A check that wants to list every
            defect passes False; the reader then leaves the faulty line or record out.

    Attributes:
        facts: Detected properties by name (`encoding`, `separator`, `columns`, ...).
        problems: Kind to its first `EXAMPLES_KEPT` problems.
        counts: Kind to how often it occurred.
    """

    def __init__(self, source: str = "", *, strict: bool = True) -> None:
        self.source = source
        self.strict = strict
        self.facts: dict[str, Any] = {}
        self.problems: dict[str, list[Problem]] = {}
        self.counts: dict[str, int] = {}

    def fact(self, name: str, value: Any) -> None:
        """Keep a detected property of the file; the last value wins."""
        self.facts[name] = value

    def note(self, kind: str, message: str, line: int | None = None, *, count: int = 1) -> None:
        """Keep something that was read in a well-defined way, but not as plainly as usual."""
        self.counts[kind] = self.counts.get(kind, 0) + count
        kept = self.problems.setdefault(kind, [])
        if len(kept) < EXAMPLES_KEPT:
            kept.append(Problem(kind=kind, message=message, line=line))

    def remark(self, kind: str, message: str, line: int | None = None, *, count: int = 1) -> None:
        """Keep what was read plainly, but may mislead other programs or a person.

        A training has no use for it: nothing is kept when the log is strict.
        """
        if not self.strict:
            self.note(kind, message, line, count=count)

    def defect(self, kind: str, message: str, line: int | None = None, hint: str = "") -> None:
        """Keep something that cannot be read without guessing.

        Raises:
            DataError: If the log is strict.
        """
        if self.strict:
            place = ", ".join(filter(None, (self.source, f"line {line}" if line else "")))
            raise DataError(f"{place}: {message}" if place else message, hint)
        self.note(kind, message, line)


class DataFormat(ABC):
    """One way in which labelled sentences are written.

    Attributes:
        name: What `--data-format` calls it.
        title: What it is, in a few words, for lists and error messages.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def find(self, path: Path, head: bytes) -> float | None:
        """How sure it is that `path` is of this format, from its name and first bytes.

        Args:
            path: A file, a folder, or something that does not exist (a hub id).
            head: The first bytes of a file, possibly cut anywhere; empty for everything else.

        Returns:
            A confidence above 0 and up to 1, or None when it is something else.
        """

    @abstractmethod
    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """Sentences one by one, in the order of the file, tags as written there.

        Raises:
            DataError: If it cannot be read at all, or at the first defect when `log` is strict.
        """

    def splits(self, path: Path) -> tuple[str, ...]:
        """Names of the splits that `path` holds, or () when it is one split by itself.

        Raises:
            DataError: If it cannot be read.
        """
        del path
        return ()
