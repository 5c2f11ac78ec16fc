"""D204: hardly any word is outside all entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, percent
from diagnostics.rules.data._evidence.tag_reading import readable, scheme
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["HardlyAnyOutside"]

_CHUNKS = "He B-NP\nreckons B-VP\nthe B-NP\ndeficit I-NP\nwill B-VP\nnarrow I-VP\n\n" * 20
_ENTITIES = "Acme B-ORG\nrose O\n. O\n\n" * 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HardlyAnyOutside(DataRule):
    """Nearly every word is part of an entity.

    Why it matters: in text, about a tenth of the words belong to names. When nearly all do, the
    column of chunks or of parts of speech was read, or everything that is outside was dropped.

    What to change: choose the column of the entities with `--columns`.

    Source: measured on public data sets of names: 4 % (SEC filings), 6 % (WNUT 2017), 11 and 14 %
    (Broad Twitter Corpus), 33 and 36 % (re3d); 53 % where pronouns and phrases count, too (GUM).
    """

    id: ClassVar[str] = "D204"
    name: ClassVar[str] = "hardly-any-outside"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures = (TagPairs,)
    needs = (readable,)
    doubt: ClassVar[str] = (
        "Tasks in which every word has a part: addresses, chunks, word segmentation, queries."
    )
    bad: ClassVar[Mapping[str, DataSample]] = {"chunks": DataSample(train=_CHUNKS)}
    good: ClassVar[Mapping[str, DataSample]] = {
        "entities": DataSample(train=_ENTITIES),
        "too little to tell": DataSample(train="Acme B-ORG\nCorp I-ORG\n"),
    }

    largest_share: float = 0.75
    """Share of the words in entities from which it is told. Judgement."""

    fewest_words: int = 100
    """Words below which a share says little."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Count the words outside."""
        words = Counter[str]()
        for counts in TagPairs.of(subject).counts.values():
            for (_, tag), count in counts.items():
                words[tag] += count * bool(tag)
        total, outside = words.total(), words[subject.outside]
        share = 1 - outside / total if total else 0.0
        if total < self.fewest_words or share <= self.largest_share:
            return []
        types = Counter[str]()
        for tag, count in words.items():
            if count and tag != subject.outside:
                types[scheme(subject).parsed[tag][1]] += count
        shown = listed([named(kind) for kind, _ in types.most_common(5)], most=4)
        return [
            self.finding(
                f"{percent(share)} of {counted(total, 'word')} belong to entities (most often "
                f"{shown}); in data sets of names it is 4 to 36 %.",
                evidence=[
                    Evidence(label="share of words in entities", value=share),
                    Evidence(label=f"words tagged {subject.outside}", value=outside),
                ],
                fixes=[
                    Fix(
                        text="Look whether this is the column of the entities; choose it with "
                        "`--columns token=0,tag=-1`."
                    )
                ],
            )
        ]
