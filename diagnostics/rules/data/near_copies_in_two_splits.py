"""D403: sentences of dev or test are nearly the same as one of train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.repeats import SIMILARITY, Alike, Repeats
from diagnostics.rules.data._evidence.wording import SPLITS, counted, percent
from diagnostics.subjects.dataset import Dataset

__all__ = ["NearCopiesInTwoSplits"]

_WORDS = "the parties shall give notice to each other at the address below within ten days of"
_CLAUSE = "".join(f"{word} O\n" for word in _WORDS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCopiesInTwoSplits(DataRule):
    """Sentences of dev or test differ from a training sentence by a word or two.

    Why it matters: forms, templates and boilerplate make a score too good, as copies do, since the
    model has seen all but the name that was filled in.

    What to change: divide by documents or templates; look at the score on the other sentences.

    Source: at least 80 % of the word triples in common (Jaccard similarity), the usual limit of
    near-duplicate detection; found exactly, not by MinHash. The share from which it is a warning is
    deepchecks' default for samples of test that train holds, too.
    """

    id: ClassVar[str] = "D403"
    name: ClassVar[str] = "near-copies-in-two-splits"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The texts that the model is meant for follow the same templates."
    measures: ClassVar = (Repeats,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "another name at the end": DataSample(
            train=_CLAUSE + "Acme B-ORG\n\n", dev=_CLAUSE + "Bolt B-ORG\n\n"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "two common words": DataSample(
            train=_CLAUSE + "Acme B-ORG\n\n",
            dev="the O\nparties O\nof O\nthe O\nfirst O\npart O\nare O\nBolt B-ORG\n\n",
        ),
    }

    many: float = 0.01
    """Share of the compared sentences from which it is worth a line."""

    too_many: float = 0.05
    """Share of the compared sentences from which it is a warning."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with a share of near copies of training sentences."""
        found = Repeats.of(subject)
        return [
            self._finding(name, alike, found.near_sampled)
            for name, alike in found.near.items()
            if alike.count and alike.count >= self.many * alike.of
        ]

    def _finding(self, name: str, alike: Alike, sampled: int) -> Finding:
        part = f" (compared with one in {sampled} of them)" if sampled > 1 else ""
        verb = "differs" if alike.count == 1 else "differ"
        grave = alike.count >= self.too_many * alike.of
        return self.finding(
            f"{alike.count:,} of {counted(alike.of, 'sentence')} of {SPLITS[name]} "
            f"({percent(alike.count / alike.of)}) {verb} from a training sentence only by a word "
            f"or two{part}.",
            evidence=[
                Evidence(label=f"near copies in {name}", value=alike.count),
                Evidence(label="similarity from which they count", value=SIMILARITY),
            ],
            fixes=[
                Fix(text="Divide by documents or templates, so that texts alike stay on one side."),
                Fix(text=f"Or score the other sentences of {name} by themselves, too."),
            ],
            severity=Severity.WARNING if grave else Severity.INFO,
            places=alike.places,
        )
