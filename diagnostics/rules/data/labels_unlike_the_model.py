"""D217: labels that differ from those that the model was already fine-tuned for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named
from diagnostics.rules.data._evidence.tag_reading import readable, types_of
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["LabelsUnlikeTheModel"]

_PLACEHOLDER = re.compile(r"LABEL_\d{1,6}")
_PREFIX = re.compile(r"[BIESLU][-_](?=.)")
_MOST_NAMES = 2_000
_TRAIN = "Acme B-ORG\nCorp I-ORG\nrose O\n\nBell B-PER\nleft O\n"


def _model(*names: str) -> dict[str, Any]:
    return {"name": "some/model", "id2label": dict(enumerate(names))}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsUnlikeTheModel(DataRule):
    """The model was fine-tuned for other labels than the data has, or for the same in other order.

    Why it matters: with another number of labels, `from_pretrained` stops with `size mismatch`
    unless the head is replaced (`ignore_mismatched_sizes=True`). With the same number it is kept in
    silence: it starts by calling each entity by the wrong name, and must unlearn that first.

    What to change: start from the encoder without the head, or give the labels the model's order
    where they mean the same.

    Source: Transformers 5.23: the head's size is compared, its names are not. `LABEL_0`,
    `LABEL_1` are the names of a model that was not fine-tuned, and are passed over.
    """

    id: ClassVar[str] = "D217"
    name: ClassVar[str] = "labels-unlike-the-model"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (TagPairs,)
    needs = (readable,)
    doubt: ClassVar[str] = "A program that replaces the head, as tuner does for another size."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "other types": DataSample(
            train=_TRAIN, model=_model("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
        ),
        "more labels": DataSample(train=_TRAIN, model=_model("O", "B-PER", "B-ORG", "B-LOC")),
        "another order": DataSample(
            train=_TRAIN, model=_model("O", "B-PER", "I-PER", "B-ORG", "I-ORG")
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "placeholders": DataSample(train=_TRAIN, model=_model("LABEL_0", "LABEL_1")),
        "the same labels": DataSample(
            train=_TRAIN, model=_model("O", "B-ORG", "I-ORG", "B-PER", "I-PER")
        ),
        "nothing known about the model": DataSample(train=_TRAIN),
        "made for whole texts": DataSample(train=_TRAIN, model=_model("negative", "positive")),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the two lists of labels."""
        model = _names(subject.model.get("id2label"))
        if not any(_PREFIX.match(name) for name in model):
            return []
        types = sorted({kind for found in types_of(subject).values() for kind in found})
        data = ["O", *(f"{role}-{kind}" for kind in types for role in "BI")]
        says = _difference(model, data)
        if not types or not says:
            return []
        return [
            self.finding(
                says,
                evidence=[
                    Evidence(label="labels of the model", value=len(model)),
                    Evidence(label="labels of the data", value=len(data)),
                ],
                fixes=[
                    Fix(
                        text="Start from the encoder that this model was made from, or let the "
                        "head be replaced (`ignore_mismatched_sizes=True`, and new names in "
                        "`id2label`)."
                    )
                ],
            )
        ]


def _names(value: Any) -> list[str]:
    """Return the label names in the order of their numbers; empty when unknown or placeholders."""
    if not isinstance(value, Mapping) or len(value) > _MOST_NAMES:
        return []
    numbered = [(str(key), str(name)) for key, name in value.items()]
    numbered.sort(key=lambda item: (len(item[0]), item[0]))
    names = [name for _, name in numbered]
    return [] if all(map(_PLACEHOLDER.fullmatch, names)) else names


def _difference(model: Sequence[str], data: Sequence[str]) -> str:
    """Return what differs, as a sentence; empty when nothing does."""
    if list(model) == list(data):
        return ""
    theirs, ours = ({_PREFIX.sub("", name) for name in names} for names in (model, data))
    known = f"The model is fine-tuned for {counted(len(model), 'label')} "
    only_ours = [named(kind) for kind in sorted(ours - theirs)]
    only_theirs = [named(kind) for kind in sorted(theirs - ours)]
    if only_ours or only_theirs:
        sides = [
            f"{listed(only_ours, 3)} of the data" if only_ours else "",
            f"{listed(only_theirs, 3)} of the model" if only_theirs else "",
        ]
        only = listed([*filter(None, sides)])
        return f"{known}and the data has {len(data):,}: only one side has {only}."
    if len(model) != len(data):
        return f"{known}and the data makes {len(data):,}, of the same types in another scheme."
    return f"{known}with the same names as the data, in another order."
