"""Plans are judged with the data they are for, by the rules that judge the settings of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.data_checkup import check
from diagnostics.errors import DiagnosticsError
from diagnostics.findings import Flagged, Severity
from diagnostics.judgement import Checkup, run_rules
from diagnostics.planned_run import judge_plan, planned_run
from diagnostics.subjects.dataset import Dataset, Split


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "train.conll"
    path.write_text("Anna B-PER\nBell I-PER\nleft O\n\nAll O\nslept O\n\n" * 50, encoding="utf-8")
    return path


def names(checkup: Checkup[Dataset]) -> list[str]:
    return [found.name for found in checkup.findings if found.rule.startswith("R")]


def test_a_good_plan_is_not_remarked_on(data: Path) -> None:
    plan = {"learning_rate": 3e-5, "batch_size": 8, "epochs": 10, "warmup_ratio": 0.1}
    assert names(check(data, plan=plan)) == []


def test_without_a_plan_no_rule_about_plans_is_asked(data: Path) -> None:
    assert not [each for each in check(data).judgements if each.rule.id.startswith("R")]


@pytest.mark.parametrize(
    ("plan", "name"),
    [
        ({"learning_rate": 5.0}, "illogical-hyperparameter"),
        ({"learning_rate": 1e-3}, "unusual-hyperparameter"),
        ({"learning_rate": 5e-3}, "illogical-hyperparameter"),
        ({"epochs": 1000}, "unusual-hyperparameter"),
        ({"batch_size": 8, "epochs": 2, "warmup_steps": 500}, "illogical-hyperparameter"),
        ({"fp16": True, "bf16": True}, "conflicting-settings"),
    ],
)
def test_what_makes_no_sense_is_found(data: Path, plan: dict[str, object], name: str) -> None:
    assert name in names(check(data, plan=plan))


@pytest.mark.parametrize(
    "plan",
    [
        *({"epochs": epochs} for epochs in (0, -1, 0.0, float("nan"), float("inf"))),
        *({"learning_rate": rate} for rate in (0.0, -1e-5, float("nan"), float("inf"), 1.0, 5.0)),
        {"learning_rate": -1e-5, "lora_r": 8},
        *({"batch_size": batch} for batch in (0, -1)),
        {"max_length": 0},
        {"dropout": float("nan")},
    ],
)
def test_a_plan_with_which_no_training_can_run_is_an_error(
    data: Path, plan: dict[str, object]
) -> None:
    (found,) = (each for each in check(data, plan=plan).findings if each.rule.startswith("R"))
    assert (found.rule, found.severity) == ("R601", Severity.ERROR)


def test_a_batch_of_less_than_one_is_not_called_a_fraction(data: Path) -> None:
    (found,) = (
        each for each in check(data, plan={"batch_size": -1}).findings if each.rule == "R601"
    )
    assert found.message == "batch_size is -1: it must be at least 1."


@pytest.mark.parametrize(
    ("parameters", "rate", "told"),
    [
        (100_000_000, 5e-5, []),
        (100_000_000, 1e-4, [("R606", "info")]),
        (100_000_000, 6e-4, [("R601", "warning")]),
        (20_000_000, 3e-4, []),
        (20_000_000, 1e-3, [("R606", "info")]),
        (20_000_000, 3.1e-3, [("R601", "warning")]),
        (20_000_000, 0.5, [("R601", "warning")]),
        (20_000_000, 1.0, [("R601", "error")]),
    ],
)
def test_a_rate_is_told_once_and_by_the_size_of_the_encoder(
    parameters: int, rate: float, told: list[tuple[str, str]]
) -> None:
    rules = [rule for rule in run_rules() if rule.judges_plans]
    plan = {"learning_rate": rate, "parameters": parameters}
    found = judge_plan(Dataset(source="x", splits={}, plan=plan), rules)
    outcomes = [each.outcome for each in found if isinstance(each.outcome, Flagged)]
    assert [(each.rule, each.severity) for out in outcomes for each in out.findings] == told


def test_the_ends_of_a_space_are_judged_by_themselves(data: Path) -> None:
    checkup = check(
        data,
        plan={"learning_rate": 3e-5},
        variants={"upper end": {"learning_rate": 5.0}, "lower end": {"learning_rate": 2e-5}},
    )
    (found,) = (each for each in checkup.findings if each.rule == "R601")
    assert found.message.startswith("upper end: learning_rate is 5")


def test_a_search_may_try_more_than_is_usual(data: Path) -> None:
    plan = {"learning_rate": 3e-5, "parameters": 40_000_000}
    assert names(check(data, plan=plan, variants={"upper end": {"learning_rate": 5e-4}})) == []


def test_a_fault_of_the_plan_is_not_repeated_for_each_end(data: Path) -> None:
    checkup = check(data, plan={"learning_rate": 5.0}, variants={"end": {"weight_decay": 0.01}})
    assert names(checkup).count("illogical-hyperparameter") == 1


def test_the_rules_about_plans_can_be_selected(data: Path) -> None:
    checkup = check(data, plan={"learning_rate": 5.0}, select=["R601"])
    assert [each.rule.id for each in checkup.judgements] == ["R601"]
    with pytest.raises(DiagnosticsError, match="No rule among R201"):
        check(data, plan={"learning_rate": 5.0}, select=["R201"])


def test_steps_follow_from_sizes() -> None:
    train = Split(name="train", files=(), format="conll", sentences=101, tokens=900)
    plan = {"batch_size": 8, "gradient_accumulation_steps": 2, "epochs": 3}
    run = planned_run(Dataset(source="x", splits={"train": train}, plan=plan))
    assert run.config["max_steps"] == 7 * 3
    assert run.dataset == {"train_sentences": 101}
    assert run.config["optim"] == "adamw_torch"


@pytest.mark.parametrize("batch", [0, -4, float("nan"), float("inf"), "eight", None])
def test_steps_of_a_senseless_plan_are_unknown(batch: object) -> None:
    train = Split(name="train", files=(), format="conll", sentences=101, tokens=900)
    plan = {"batch_size": batch, "epochs": 3}
    run = planned_run(Dataset(source="x", splits={"train": train}, plan=plan))
    assert run.config.get("max_steps") in (None, 0)
