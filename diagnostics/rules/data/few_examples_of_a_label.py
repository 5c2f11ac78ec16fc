"""D302: a label has so few entities that it can hardly be learned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import LabelSize, Sizes, SplitSizes
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.similar_names import rare_look_alikes
from diagnostics.rules.data._evidence.tag_reading import slip_types
from diagnostics.rules.data._evidence.whole_split import every_training_sentence
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["FewExamplesOfALabel"]

_PERSON, _PLACE = "Anna B-PER\nsleeps O\n\n", "Rome B-LOC\nshone O\n\n"
_ORGANISATION = "Acme B-ORG\nrose O\n\n"
_MOST_COPIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FewExamplesOfALabel(DataRule):
    """A label has few entities in the training split.

    Why it matters: with a handful of examples a model learns these very words and not the label;
    as a rule it never predicts it, which costs the recall of the label and the macro average.

    What to change: label more of it, repeat the sentences that hold it, or merge it into a label
    that means nearly the same.

    Source: spaCy's `debug data` warns of labels with 50 or fewer examples. Below 10 it is a
    warning here, else a remark.
    """

    id: ClassVar[str] = "D302"
    name: ClassVar[str] = "few-examples-of-a-label"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The label is a closed list of words that are all among the examples."
    measures: ClassVar = (Sizes, TagPairs)
    needs: ClassVar = (every_training_sentence,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "3 examples": DataSample(train=_PERSON * 60 + _PLACE * 3),
        "40 examples, a remark": DataSample(train=_PERSON * 60 + _PLACE * 40),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "slips of the tag, of which D208 tells": DataSample(
            train="Anna B-PER\nBell I-PER\nsleeps O\n\n" * 60 + "Anna b-per\nleft 0\n"
        ),
        "a label that only looks like another, of which D211 tells": DataSample(
            train=_PERSON * 51 + _ORGANISATION * 51 + _ORGANISATION.replace("ORG", "0RG")
        ),
        "51 examples of each": DataSample(train=_PERSON * 51 + _PLACE * 51),
    }

    few: int = 10
    """Entities below which a warning is due. Judgement."""

    some: int = 50
    """Entities up to which it is worth a line; spaCy's limit."""

    misspelt: float = 0.1
    """Share of a label up to which one that looks like it is its misspelling, as in D211."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look for labels with few entities in the training split."""
        train = Sizes.of(subject).train
        counts = {label: size.entities for label, size in train.labels.items()} if train else {}
        told_elsewhere = slip_types(subject) | rare_look_alikes(counts, rare=self.misspelt)
        rare = {
            label: size
            for label, size in (train.labels.items() if train else ())
            if size.entities <= self.some and label not in told_elsewhere
        }
        few = {label: size for label, size in rare.items() if size.entities < self.few}
        some = {label: size for label, size in rare.items() if label not in few}
        return [
            *([self._finding(few, Severity.WARNING, train)] if train and few else []),
            *([self._finding(some, Severity.INFO, train)] if train and some else []),
        ]

    def _finding(
        self, rare: Mapping[str, LabelSize], severity: Severity, train: SplitSizes
    ) -> Finding:
        rarest_first = sorted(rare, key=lambda label: (rare[label].entities, label))
        first, *others = rarest_first
        counts = [f"{counted(rare[first].entities, 'entity')} of {first}"]
        counts += [f"{rare[label].entities} of {label}" for label in others]
        too_few = (
            f"a label can hardly be learned from fewer than {self.few}"
            if severity is Severity.WARNING
            else f"a label is learned well from more than {self.some}"
        )
        fixes = self._fixes(first, rare[first])
        if len(train.labels) > 1:
            fixes.append(Fix(text=f"Or merge {first} into a label that means nearly the same."))
        return self.finding(
            f"The training split holds only {listed(counts)}; {too_few}.",
            evidence=[
                Evidence(label=f"{label} in train", value=rare[label].entities)
                for label in rarest_first
            ],
            fixes=fixes,
            severity=severity,
            tier=Tier.CONCLUSIVE if severity is Severity.WARNING else Tier.HEURISTIC,
            places=rare[first].places,
        )

    def _fixes(self, label: str, size: LabelSize) -> list[Fix]:
        missing = self.some + 1 - size.entities
        copies = min(_MOST_COPIES, math.ceil(self.some / size.entities))
        fixes = [Fix(text=f"Label {counted(missing, 'more entity')} of {label}.")]
        if copies > 1:
            many = counted(size.sentences, "training sentence")
            text = f"Until then, repeat the {many} with {label} {copies} times."
            fixes.append(Fix(text=text.replace("the 1 training", "the training")))
        return fixes
