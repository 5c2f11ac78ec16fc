"""Checkups of data sets for the tests of reports, with findings that are written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from diagnostics.findings import (
    Clear,
    Evidence,
    Finding,
    Fix,
    Flagged,
    NotApplicable,
    Outcome,
    Place,
    Severity,
    Tier,
)
from diagnostics.judgement import Checkup, Judgement
from diagnostics.measures.sizes import LabelSize, Sizes, SizesFound
from diagnostics.split_finder import find_splits
from diagnostics.subjects.dataset import Dataset
from diagnostics.survey import survey
from tests.diagnostics.report.runs import stand_in

RULES = (
    stand_in("D101", "ragged-lines", Severity.ERROR, Tier.CONCLUSIVE),
    stand_in("D402", "sentences-in-two-splits", Severity.WARNING, Tier.CONCLUSIVE),
    stand_in("D501", "entities-truncated", Severity.WARNING, Tier.CONCLUSIVE),
    stand_in("D307", "small-test-split", Severity.INFO, Tier.STATISTICAL),
)
TRAIN = "Acme B-ORG\nrose O\n. O\n\nBell B-PER\nleft O\nNew B-LOC\nYork I-LOC\n. O\n\n" * 6
DETECTED = {"columns": "token=0,tag=1", "separator": "whitespace", "encoding": "utf-8"}
DEV = "Acme B-ORG\nfell O\n. O\n\nBell B-PER\nstayed O\n\n"


def surveyed(train: str = TRAIN, dev: str = DEV) -> Dataset:
    """Survey two small files as if they lay in a folder called data."""
    with TemporaryDirectory() as folder:
        for name, text in (("train.txt", train), ("dev.txt", dev)):
            Path(folder, name).write_text(text, encoding="utf-8", newline="")
        sources = find_splits(folder)
        makers = {Sizes.key(): Sizes}
        found = survey(sources, makers, source="data", named=lambda path: f"data/{path.name}")
    splits = {name: replace(split, facts=DETECTED) for name, split in found.splits.items()}
    return replace(found, splits=splits)


def ragged(text: str, file: str = "data/train.txt") -> Finding:
    """An error with places; `text` is what stands there."""
    return Finding(
        rule="D101",
        name="ragged-lines",
        severity=Severity.ERROR,
        tier=Tier.CONCLUSIVE,
        message="7 lines of train have another number of columns than the others.",
        evidence=(Evidence(label="ragged lines", value=7),),
        fixes=(Fix(text="Mend these lines, or write a copy without them with `--fix OUT`."),),
        doubt="Comments that do not start with `#` look like this.",
        places=(
            Place(file=file, line=3, text=text),
            Place(file=file, line=8, text="rose"),
            Place(file="data/dev.txt", text="the whole file"),
        ),
    )


LEAK = Finding(
    rule="D402",
    name="sentences-in-two-splits",
    severity=Severity.WARNING,
    tier=Tier.CONCLUSIVE,
    message="1 of 2 sentences of the development split stands in train.",
    evidence=(Evidence(label="share of dev in train", value=0.5),),
    fixes=(Fix(text="Take 1 sentence out of train."),),
    places=(Place(file="data/dev.txt", line=1, text="as data/train.txt:1: Acme"),),
)
TEST_LEAK = replace(LEAK, message="1 of 2 sentences of the test split stands in train.")
SMALL = Finding(
    rule="D307",
    name="small-test-split",
    severity=Severity.INFO,
    tier=Tier.STATISTICAL,
    message="The test split holds 28 entities.",
    evidence=(),
    fixes=(Fix(text="Train in smaller batches.", parameter="batch_size", old=16, new=8),),
)


def checked(dataset: Dataset, findings: Sequence[Finding]) -> Checkup[Dataset]:
    """Return a checkup with these findings, in which one rule could not judge."""
    judgements: list[Judgement[Any]] = []
    for rule in RULES:
        own = tuple(found for found in findings if found.rule == rule.id)
        outcome: Outcome = Flagged(findings=own) if own else Clear()
        if rule.id == "D501":
            outcome = NotApplicable(reason="no model was named: add --model")
        judgements.append(Judgement(rule=rule, outcome=outcome))
    return Checkup(subject=dataset, judgements=tuple(judgements), findings=tuple(findings))


def faulty(text: str = "rose\tto [bold]12[/]") -> Checkup[Dataset]:
    """A data set with an error, two findings of one rule, and a remark."""
    return checked(surveyed(), [ragged(text), LEAK, TEST_LEAK, SMALL])


def fine() -> Checkup[Dataset]:
    """A data set with nothing to say about it."""
    return checked(surveyed(), [])


def planned() -> Checkup[Dataset]:
    """A data set with a plan, one value of which a remark changes."""
    dataset = replace(
        surveyed(),
        plan={"learning_rate": 2e-5, "batch_size": 16, "epochs": 3},
        model={"name": "bert base"},
        arguments={"dev": "my dev.txt"},
    )
    return checked(dataset, [SMALL])


def poisoned(text: str) -> Checkup[Dataset]:
    """A data set that holds a text wherever a file may hold one."""
    dataset = surveyed()
    sizes = Sizes.of(dataset)
    labels = {text: LabelSize(entities=7, sentences=6, squares=9)}
    counted = replace(sizes.splits["train"], labels=labels)
    split = replace(dataset.splits["train"], files=(text,), facts={"columns": text, text: text})
    dataset = replace(
        dataset,
        source=text,
        splits={"train": split, text: replace(split, name=text)},
        measured={Sizes.key(): SizesFound(splits={"train": counted, text: counted})},
        outside=text,
        model={"name": text},
        plan={"batch_size": 8, text: text},
        arguments={"dev": text},
        notes=(text,),
    )
    return checked(dataset, [ragged(text, file=text), LEAK, TEST_LEAK, SMALL])
