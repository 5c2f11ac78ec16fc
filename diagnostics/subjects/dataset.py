"""A labelled data set as one pass over its files found it: what the rules about data judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Dataset", "FileProblem", "Split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """Something that the reader of a format met in a file.

    Attributes:
        kind: Kebab-case name that the reader gave it, such as `ragged-line`.
        message: One sentence.
        file: The file.
        line: 1-based line (or record) number; None when it concerns the whole file.
    """

    kind: str
    message: str
    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One split of a data set, and what its reader said while it was read.

    Attributes:
        name: `train`, `dev` or `test`.
        files: Where it was read from.
        format: Name of the data format.
        sentences: How many sentences were read.
        tokens: How many words they hold.
        facts: What was detected: `encoding`, `separator`, `columns`, ...
        problems: Kind to the first problems of that kind.
        counts: Kind to how often it occurred.
    """

    name: str
    files: tuple[str, ...]
    format: str
    sentences: int
    tokens: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, tuple[FileProblem, ...]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A data set, and what is planned with it.

    Attributes:
        source: What the user gave.
        splits: Name to split, `train` first; only those that are there.
        scheme: Name of the tag scheme (`IOB1`, `IOB2`, `BIOES`, `BILOU`, or `none` for types
            without a scheme); None when the tags make no sense.
        scheme_fault: Why the tags make no sense; empty when they do.
        outside: Tag of words outside all entities.
        measured: Class of a measure to what it measured. Use `Measure.of`.
        plan: Planned hyperparameters by their standard names; only those that are known.
        model: Facts about the encoder (`name`, `architecture`, `parameters`, `max_positions`,
            `cased`, `id2label`, ...), where known.
        arguments: How the user said where and how to read it, by the names of `check`: `dev`,
            `test`, `data_format`, `columns`; only what was said.
        sampled: How many training sentences were looked at, where that is a part of those that will
            be trained on; None when all were.
        notes: What a person should know about how the data was read, as sentences.
    """

    source: str
    splits: Mapping[str, Split]
    scheme: str | None = None
    scheme_fault: str = ""
    outside: str = "O"
    measured: Mapping[type, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    sampled: int | None = None
    notes: tuple[str, ...] = ()
