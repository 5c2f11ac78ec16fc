"""Who does not train by the Trainer is never told of its arguments."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from diagnostics.checkup import Checkup, diagnose, examination, run_rules
from diagnostics.errors import DiagnosticsError
from diagnostics.findings import Fix
from diagnostics.neutral_advice import NEUTRAL_NAMES, without_the_trainer
from diagnostics.report._fix_command import fix_command
from diagnostics.subjects.run_history import RunHistory
from diagnostics.training_library import (
    has_another_library,
    library_of_reader,
    library_that_trained,
    with_reader,
)

SAMPLES = Path(__file__).parents[1] / "data" / "readers"
LIBRARIES = ("flair", "keras", "lightning", "spacy")
OF_OTHERS = (
    *("flair_loss", "keras_csv", "keras_history", "lightning_metrics", "spacy_table"),
    "printed_log/keras.out",
)
TRAINERS = re.compile(
    r"TrainingArguments|(?<!lightning )\bTrainer\b|label_pad_token_id|load_best_model_at_end"
    r"|metric_for_best_model|greater_is_better|resume_from_checkpoint|eval_accumulation_steps"
    r"|(?:eval|save|logging)_(?:strategy|steps)\b|per_device_|_full_eval|lr_scheduler_type"
    r"|\bcheckpoint-\d|save_total_limit|num_train_epochs|dataloader_|(?<!torch\.)\boptim\b|preprocess_logits"
)
SETTINGS_OF_THE_TRAINER = frozenset(
    (
        *("eval_strategy", "save_strategy", "logging_strategy", "save_steps"),
        *("load_best_model_at_end", "metric_for_best_model", "greater_is_better"),
    )
)


def said(checkup: Checkup[RunHistory]) -> Iterator[str]:
    """Yield every word of findings, fixes and of the command with them."""
    for found in checkup.findings:
        yield found.message
        yield found.doubt
        yield from (evidence.label for evidence in found.evidence)
        for fix in found.fixes:
            yield f"{fix.text} {fix.parameter} {fix.how}"
    # A Trainer is what Lightning calls its own.
    yield fix_command(checkup).replace("Trainer(", "").replace("trainer.", "")


def bad_examples() -> Iterator[tuple[str, RunHistory]]:
    for rule in run_rules():
        for caption, example in rule.bad.items():
            # What a run printed is quoted, whoever speaks in it.
            if not (SETTINGS_OF_THE_TRAINER & set(example.config) or rule.id.startswith("R7")):
                yield f"{rule.name}: {caption}", example


def samples() -> Iterator[Path]:
    for name in OF_OTHERS:
        path = SAMPLES / name
        yield from [path] if path.is_file() else (f for f in path.rglob("*") if f.is_file())


@pytest.mark.parametrize("path", sorted(samples()), ids=lambda path: str(path.name))
def test_samples_of_other_libraries_are_told_nothing_of_the_trainer(path: Path) -> None:
    try:
        checkup = diagnose(path)
    except DiagnosticsError:
        pytest.skip("no log by itself")
    if library_that_trained(checkup.subject):
        assert has_another_library(checkup.subject)
        assert not [text for text in said(checkup) if TRAINERS.search(text)]


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_rule_speaks_of_the_trainer_to_others(library: str) -> None:
    how = examination()
    wrong = [
        (caption, text)
        for caption, example in bad_examples()
        for text in said(how.judge(replace(example, environment={"library": library})))
        if TRAINERS.search(text)
    ]
    assert not wrong


def test_the_search_finds_what_the_trainer_is_told() -> None:
    how = examination()
    texts = [
        text
        for _, example in bad_examples()
        for text in said(how.judge(replace(example, environment={"library": "transformers"})))
    ]
    assert sum(bool(TRAINERS.search(text)) for text in texts) > 20


@pytest.mark.parametrize(
    ("reader", "library"),
    [("keras_csv", "keras"), ("lightning_metrics", "lightning"), ("flair_loss", "flair"),
     ("spacy_table", "spacy"), ("trainer_state", "transformers"), ("plain_table", "")],
)  # fmt: skip
def test_a_reader_tells_the_library(reader: str, library: str) -> None:
    assert library_of_reader(reader) == library
    assert library_that_trained(with_reader(RunHistory(epochs=()), reader)) == library


def test_what_the_log_tells_comes_first() -> None:
    run = RunHistory(epochs=(), environment={"library": "flair"})
    assert with_reader(run, "keras_csv") is run


def test_runs_of_the_project_and_of_the_trainer_are_no_others() -> None:
    own = with_reader(RunHistory(epochs=()), "tuner_run")
    assert not has_another_library(own)
    assert not has_another_library(RunHistory(epochs=(), environment={"library": "transformers"}))
    assert not has_another_library(RunHistory(epochs=()))


def test_values_survive_and_what_only_the_trainer_has_becomes_a_sentence() -> None:
    (found,) = examination(select=["R105"]).judge(run_rule_example("still-improving")).findings
    best = Fix(text="Keep it.", parameter="load_best_model_at_end", old=False, new=True, how="so")
    label = Fix(text="Ignore it.", parameter="label_pad_token_id", new=-100, how="an index")
    (neutral,) = without_the_trainer([dataclasses.replace(found, fixes=(best, label))])
    assert neutral.fixes[0] == replace(best, parameter="keep_best_epoch")
    assert neutral.fixes[1] == Fix(text="Ignore it.")
    assert not set(NEUTRAL_NAMES.values()) & set(NEUTRAL_NAMES)


def run_rule_example(name: str) -> RunHistory:
    rule = next(rule for rule in run_rules() if rule.name == name)
    example: RunHistory = next(iter(rule.bad.values()))
    return example
