"""What programs read."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from diagnostics.checkup import check_up, diagnose, run_rules
from diagnostics.examples import run_example
from diagnostics.report.json_document import JsonDocument
from diagnostics.subjects.run_history import RunHistory

DATA = Path(__file__).parents[2] / "data" / "readers"
RULES = run_rules()


def document(run: RunHistory) -> dict[str, Any]:
    stream = io.StringIO()
    JsonDocument().write([check_up(run, RULES)], stream)

    def refuse(literal: str) -> None:
        raise ValueError(f"{literal} is no JSON")

    read: dict[str, Any] = json.loads(stream.getvalue(), parse_constant=refuse)
    return read


def test_fields_of_a_finding() -> None:
    stream = io.StringIO()
    JsonDocument().write([diagnose(DATA / "trainer_state" / "overfits")], stream)
    read = json.loads(stream.getvalue())
    assert read["schema_version"] == 1
    (run,) = read["runs"]
    assert (run["reader"], run["verdict"], run["monitor"], run["best_epoch"]) == (
        "trainer_state",
        "warning",
        "f1",
        3.0,
    )
    first = run["findings"][0]
    assert {key: first[key] for key in ("id", "name", "severity", "tier", "root_cause")} == {
        "id": "R201",
        "name": "overfits-metric",
        "severity": "warning",
        "tier": "B",
        "root_cause": True,
    }
    shorter = next(fix for fix in first["fixes"] if fix["parameter"] == "epochs")
    assert (shorter["old"], shorter["new"]) == (8, 4)
    assert first["evidence"][0] == {
        "label": "best score",
        "value": 0.71,
        "unit": "",
        "epochs": [3.0],
    }


@pytest.mark.parametrize(
    "run",
    [example for rule in RULES for example in (*rule.bad.values(), *rule.good.values())],
)
def test_every_example_becomes_strict_json(run: RunHistory) -> None:
    assert len(document(run)["runs"]) == 1


def test_not_a_number_is_a_string() -> None:
    run = run_example(train_loss=(1.0, math.nan), f1=(0.1, 0.0))
    finding = next(f for f in document(run)["runs"][0]["findings"] if f["id"] == "R101")
    assert finding["evidence"][0]["value"] == "NaN"


def test_what_was_not_judged_has_its_reason() -> None:
    (run,) = document(run_example(train_loss=(1.0, 0.5)))["runs"]
    reasons = {entry["name"]: entry["reason"] for entry in run["not_judged"]}
    assert reasons["overfits-metric"] == "the run logged no score on its development split"
