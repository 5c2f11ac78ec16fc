"""How reports speak of a data set: how it was read, how much there is, what to run next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from diagnostics.judgement import Checkup
from diagnostics.measures.tag_pairs import TagPairs, TagPairsFound
from diagnostics.repair.tag_repair import CERTAIN
from diagnostics.report._data_commands import next_commands
from diagnostics.report._data_tables import label_table, length_rows, sizes_of, split_table
from diagnostics.report._presenter import Presenter, Verdicts
from diagnostics.report._table import Table
from diagnostics.rules.data._evidence.split_schemes import other_schemes
from diagnostics.subjects.dataset import Dataset, Split

__all__ = ["DataPresenter"]


class DataPresenter(Presenter[Dataset]):
    """Labelled data sets."""

    kind: ClassVar[str] = "data"
    subject: ClassVar[type] = Dataset
    command: ClassVar[str] = "tuner check"
    noun: ClassVar[tuple[str, str]] = ("data set", "data sets")
    place: ClassVar[str] = "Data"
    verdicts: ClassVar[Verdicts] = Verdicts(
        error="Not fit to train on as it is",
        warning="Fit to train on, but look at this first",
        unjudged="No fault found, but most rules could not judge this data.",
        clear="Fit to train on",
    )

    def facts(self, subject: Dataset) -> list[str]:
        """Return how the data was read: format, columns, separator, encoding, scheme."""
        return list(_facts(subject))

    def tables(self, subject: Dataset) -> list[Table]:
        """Return the splits, and the labels with their bars."""
        labels = label_table(subject)
        return [split_table(subject), *([] if labels is None else [labels])]

    def charts(self, subject: Dataset, *, columns: int, plain: bool = False) -> list[str]:
        """Return a histogram of the words per sentence."""
        return length_rows(subject, columns=columns, plain=plain)

    def document(self, subject: Dataset) -> dict[str, Any]:
        """Return what was detected and counted."""
        return {
            "facts": {
                "scheme": subject.scheme,
                "outside": subject.outside,
                "splits": {name: _split(subject, split) for name, split in subject.splits.items()},
                "plan": dict(subject.plan),
                "model": dict(subject.model),
            }
        }

    def next_commands(self, checkup: Checkup[Dataset]) -> list[tuple[str, str]]:
        """Return how to repair the data, or how to train on it."""
        return next_commands(checkup)


def _facts(dataset: Dataset) -> Iterator[str]:
    read = dict.fromkeys(_how_read(split) for split in dataset.splits.values())
    yield from (
        read
        if len(read) == 1
        else (f"{name}: {_how_read(split)}" for name, split in dataset.splits.items())
    )
    yield from _schemes(dataset)
    if dataset.outside != "O":
        yield f"`{dataset.outside}` for words outside entities"
    if name := dataset.model.get("name"):
        yield f"model {name}"


def _schemes(dataset: Dataset) -> Iterator[str]:
    """Yield the scheme of the tags; of each split where that of all together tells nothing."""
    found = dataset.measured.get(TagPairs.key())
    if isinstance(found, TagPairsFound) and other_schemes(found, fewest=CERTAIN):
        for name, scheme in found.schemes.items():
            yield f"{name}: {_tags_in(scheme.name.value)}"
    else:
        yield _tags_in(dataset.scheme)


def _tags_in(scheme: str | None) -> str:
    if scheme is None:
        return "tags in no known scheme"
    return "tags without a scheme" if scheme == "none" else f"tags in {scheme}"


def _how_read(split: Split) -> str:
    facts = split.facts
    told = [str(facts[name]) for name in ("columns",) if name in facts]
    told += [f"separator {facts['separator']}"] if "separator" in facts else []
    told += [str(facts["encoding"])] if "encoding" in facts else []
    if facts.get("line_ends") not in (None, "", "LF"):
        told.append(f"line ends {facts['line_ends']}")
    return f"{split.format} ({'; '.join(told)})" if told else split.format


def _split(dataset: Dataset, split: Split) -> dict[str, Any]:
    told: dict[str, Any] = {
        "files": list(split.files),
        "format": split.format,
        "detected": {str(name): str(value) for name, value in split.facts.items()},
        "sentences": split.sentences,
        "words": split.tokens,
    }
    sizes = sizes_of(dataset)
    counted = None if sizes is None else sizes.splits.get(split.name)
    if counted is None:
        return told
    return told | {
        "entities": counted.entities,
        "entity_words": counted.entity_words,
        "sentences_with_entities": counted.sentences_with_entities,
        "labels": {label: found.entities for label, found in counted.labels.items()},
        "lengths": {
            "median": counted.length_at(0.5),
            "p95": counted.length_at(0.95),
            "longest": max(counted.lengths, default=0),
        },
    }
