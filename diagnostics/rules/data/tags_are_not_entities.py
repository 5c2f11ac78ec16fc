"""D108: a column of parts of speech or chunks was read as the tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.other_tag_sets import CHUNKS, PARTS_OF_SPEECH, named_tags
from diagnostics.rules.data._evidence.wording import listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["TagsAreNotEntities"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsAreNotEntities(DataRule):
    """The tags are parts of speech or chunks, not entities.

    Why it matters: a CoNLL file has several columns, and the wrong one was read, or the file is
    made for another task. A model trained on it finds nouns and phrases, with a fine score.

    What to change: choose the column of the entities with `--columns`.

    Source: the Penn Treebank and Universal Dependencies tag sets, and the chunk types of
    CoNLL-2000.
    """

    id: ClassVar[str] = "D108"
    name: ClassVar[str] = "tags-are-not-entities"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs,)
    explains: ClassVar[tuple[str, ...]] = ("D201", "D204")
    doubt: ClassVar[str] = "A tagger or a chunker is what shall be trained."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "parts of speech": DataSample(
            train='{"tokens": ["Bell", "left", "."], "tags": ["NNP", "VBD", "."]}\n',
            format="json-tokens",
        ),
        "chunks": DataSample(train="Bell B-NP\nleft B-VP\nto B-PP\n. O\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "entities": DataSample(train="Bell B-PER\nleft O\n. O\n"),
        "types that are also tags": DataSample(train="Bell B-NNP\nleft B-FACT\n. O\n"),
        "one type that means something else": DataSample(train="Bell B-NP\nleft O\nsoon B-DATE\n"),
    }

    least: int = 3
    """Names of tags below which nothing is claimed."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the tags with the known tag sets, over all splits together."""
        named = named_tags(subject)
        kind = "parts of speech" if named <= PARTS_OF_SPEECH else "chunks"
        if len(named) < self.least or not (named <= PARTS_OF_SPEECH or named <= CHUNKS):
            return []
        split = subject.splits.get("train") or next(iter(subject.splits.values()))
        columns = split.facts.get("entity_columns") or ()
        fixes = [
            Fix(text=f"Column {column} looks like entities: `--columns token=0,tag={column}`.")
            for column in columns
        ] or [Fix(text="Choose the column of the entities with `--columns token=...,tag=...`.")]
        return [
            self.finding(
                f"The tags are {kind}, not entities: all {len(named)} names, such as "
                f"{listed(sorted(named), 4)}, belong to them.",
                evidence=[Evidence(label=f"names of {kind}", value=len(named))],
                fixes=fixes,
                places=[Place(file=split.files[0])],
                severity=None if columns or kind == "parts of speech" else Severity.INFO,
            )
        ]
