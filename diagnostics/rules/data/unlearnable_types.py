"""D209: types of dev or test that train does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, percent
from diagnostics.rules.data._evidence.tag_reading import (
    first_places,
    readable,
    slip_types,
    type_places,
    types_of,
)
from diagnostics.rules.data._evidence.whole_split import every_training_sentence
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["UnlearnableTypes"]

_MOST_SHOWN = 20
"""Types whose places are looked up."""

_TRAIN = "Acme B-ORG\nrose O\n\nBell B-PER\nleft O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlearnableTypes(DataRule):
    """The development or test split has entity types that the training split lacks.

    Why it matters: a model cannot learn a type that it never saw. Every entity of it is missed or
    called by another name, and the score cannot reach 1 by that share.

    What to change: correct the name if it is a misspelling; else move sentences with the type to
    train (a stratified split does it), or take the type out of all splits.

    Source: the definition of recall. spaCy's debug data does not compare the labels of the splits
    for entities.
    """

    id: ClassVar[str] = "D209"
    name: ClassVar[str] = "unlearnable-types"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs,)
    needs = (readable, every_training_sentence)
    doubt: ClassVar[str] = "A test of types that are meant to be unseen (zero-shot)."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a type in dev only": DataSample(train=_TRAIN, dev=_TRAIN + "Paris B-LOC\n"),
        "a misspelling in test": DataSample(train=_TRAIN, test=_TRAIN + "Anna B-PRE\n"),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "the same types": DataSample(train=_TRAIN, dev=_TRAIN),
        "a type in train only": DataSample(train=_TRAIN + "Paris B-LOC\n", dev=_TRAIN),
        "no type at all in train": DataSample(train="Acme O\nrose O\n", dev=_TRAIN),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the types of each split with those of train."""
        types, slips = types_of(subject), slip_types(subject)
        known = types.get("train", Counter())
        if not known:
            return []
        passed = {*known, *slips}
        missing = {
            split: {kind: count for kind, count in found.items() if kind not in passed}
            for split, found in types.items()
        }
        return [
            self._of(subject, split, found, types[split].total())
            for split, found in missing.items()
            if found
        ]

    def _of(self, subject: Dataset, split: str, types: Mapping[str, int], total: int) -> Finding:
        entities = sum(types.values())
        shown = listed([f"{named(kind)} ({count:,})" for kind, count in types.items()])
        one = len(types) == 1
        return self.finding(
            f"{counted(len(types), 'type')} of {split} {'does' if one else 'do'} not occur in "
            f"train: {shown}. {percent(entities / total)} of the {counted(total, 'entity')} of "
            f"{split} cannot be learned.",
            evidence=[
                Evidence(label=f"types only in {split}", value=len(types)),
                Evidence(label="their entities", value=entities),
                Evidence(label=f"entities of {split}", value=total),
            ],
            fixes=[
                Fix(text=f"Correct the {'name' if one else 'names'} if misspelt."),
                Fix(
                    text=f"Else move sentences with {'it' if one else 'them'} from {split} to "
                    "train, or join all splits and split them anew, stratified by type."
                ),
            ],
            places=first_places(
                place
                for kind in islice(types, _MOST_SHOWN)
                for place in type_places(subject, split, kind)
            ),
        )
