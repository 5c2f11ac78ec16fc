"""Runs judged together with their data: one order of causes, sizes from the data."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.examples import run_example
from diagnostics.findings import Fix
from diagnostics.report._chosen_fixes import by_hand
from diagnostics.report._fix_command import fix_command
from diagnostics.report._run_facts import run_facts
from diagnostics.run_and_data import examination_with_data
from diagnostics.settings import Settings
from diagnostics.subjects.run_history import RunHistory
from diagnostics.user_facts import with_dataset

DATA = Path(__file__).parents[2] / "tuner" / "sample_data"
FALLING = run_example(
    f1=(0.6, 0.72, 0.7, 0.66, 0.62, 0.6, 0.58, 0.55), batch_size=16, steps_per_epoch=16
)


@pytest.fixture
def same_twice(tmp_path: Path) -> Path:
    for split in ("train", "dev"):
        copy(DATA / "train.txt", tmp_path / f"{split}.txt")
    return tmp_path


def test_causes_in_the_data_come_before_what_the_run_shows(same_twice: Path) -> None:
    checkup = examination_with_data(same_twice).judge(FALLING)
    assert isinstance(checkup.subject, RunHistory)
    rules = [found.rule for found in checkup.findings if found.consequence_of is None]
    assert rules[0] == "D401"
    assert "R201" in rules
    places = [found.places for found in checkup.findings if found.rule == "D401"]
    assert places


def test_data_without_faults_adds_nothing_grave() -> None:
    checkup = examination_with_data(DATA).judge(FALLING)
    grave = [found.rule for found in checkup.findings if found.severity != "info"]
    assert not [rule for rule in grave if rule.startswith("D")]
    assert not [rule.id for rule, _ in checkup.not_judged if rule.id.startswith("D")]


def test_sizes_come_from_the_data_where_the_log_has_none() -> None:
    checkup = examination_with_data(DATA).judge(FALLING)
    known = checkup.subject.dataset
    assert (known["train_sentences"], known["dev_entities"]) == (250, 160)
    assert sum(known["train_entities_per_type"].values()) == known["train_entities"]


def test_a_size_that_the_log_tells_otherwise_is_left_and_said() -> None:
    how = examination_with_data(DATA)
    assert how.data is not None
    run = run_example(f1=(0.5, 0.6), dataset={"train_sentences": 40, "dev_sentences": 75})
    joined = with_dataset(run, how.data.subject)
    assert joined.dataset["train_sentences"] == 40
    (note,) = joined.notes
    assert "speaks of 40 train sentences" in note and "holds 250" in note


def test_data_of_another_size_is_not_that_of_the_run() -> None:
    run = run_example(f1=(0.5, 0.6), batch_size=16, steps_per_epoch=60)
    checkup = examination_with_data(DATA).judge(run)
    assert "train_sentences" not in checkup.subject.dataset
    first = run_facts(checkup.subject)[0]
    assert first.startswith("This is not the data of this run: the log speaks of 960")
    part = run_example(f1=(0.5, 0.6), dataset={"train_sentences": 40})
    assert "a part of it only" in examination_with_data(DATA).judge(part).subject.notes[0]


def test_what_the_data_asks_for_does_not_hide_what_the_run_can_change(same_twice: Path) -> None:
    checkup = examination_with_data(same_twice).judge(FALLING)
    text = fix_command(checkup)
    assert "load_best_model_at_end=True" in text
    assert text.count("# D401") == 1
    named = by_hand(Fix(text="Let `tuner check DATA --fix OUT` write it."), checkup.subject)
    assert named == f"Let `tuner check {same_twice} --fix OUT` write it."


def test_what_a_run_says_better_is_said_once() -> None:
    asked = {each.rule.id for each in examination_with_data(DATA).judge(FALLING).judgements}
    assert {"R401", "R402"} <= asked and not {"D301", "D306"} & asked
    alone = examination_with_data(DATA, select=["D306"])
    assert {each.rule.id for each in alone.judge(FALLING).judgements} == {"D306"}


def test_a_selection_holds_for_both(same_twice: Path) -> None:
    how = examination_with_data(same_twice, select=["R201"])
    assert {found.rule for found in how.judge(FALLING).findings} <= {"R201"}
    settings = Settings(ignore={"D401": "on purpose"}, source="tuner.toml")
    checkup = examination_with_data(same_twice, settings=settings).judge(FALLING)
    assert "D401" not in {found.rule for found in checkup.findings}
    assert [(off.rule.id, off.reason) for off in checkup.switched_off] == [("D401", "on purpose")]
    with pytest.raises(DiagnosticsError, match="Q9"):
        examination_with_data(same_twice, select=["Q9"])
