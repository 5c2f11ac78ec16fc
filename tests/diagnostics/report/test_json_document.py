"""What programs read."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from diagnostics.checkup import Checkup, check_up, diagnose, run_rules
from diagnostics.examples import run_example
from diagnostics.report import json_document
from diagnostics.report.json_document import SCHEMA_VERSION, JsonDocument
from diagnostics.report_format import DEFAULT_OPTIONS, ReportOptions, Unread
from diagnostics.subjects.run_history import RunHistory
from tests.diagnostics.report.runs import collapsed, healthy, judged, overfitted

DATA = Path(__file__).parents[2] / "data" / "readers"
RULES = run_rules()


SCHEMA = json.loads(Path(json_document.__file__).with_name("schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def written(
    *checkups: Checkup[RunHistory], options: ReportOptions = DEFAULT_OPTIONS
) -> dict[str, Any]:
    """Write a document, read it as strictly as JSON is meant, and check it by the schema."""
    stream = io.StringIO()
    JsonDocument().write(checkups, stream, options)

    def refuse(literal: str) -> None:
        raise ValueError(f"{literal} is no JSON")

    read: dict[str, Any] = json.loads(stream.getvalue(), parse_constant=refuse)
    VALIDATOR.validate(read)
    return read


def document(run: RunHistory) -> dict[str, Any]:
    return written(check_up(run, RULES))


def test_fields_of_a_finding() -> None:
    read = written(diagnose(DATA / "trainer_state" / "overfits"))
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


def test_the_schema_is_one_and_of_this_version() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 2),
        (("runs", 0, "verdict"), "fine"),
        (("runs", 0, "findings", 0, "id"), "overfits"),
        (("runs", 0, "findings", 0, "severity"), "fatal"),
        (("runs", 0, "findings", 0, "fixes"), []),
        (("runs", 0, "findings", 0, "evidence", 0, "value"), None),
        (("runs", 0, "best_epoch"), "3"),
    ],
)
def test_the_schema_can_fail(path: tuple[str | int, ...], value: object) -> None:
    read: Any = written(judged(overfitted()))
    place = read
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not VALIDATOR.is_valid(read)


def described(kind: str) -> set[str]:
    """Return the fields that the schema describes for one kind of subject."""
    common, own = SCHEMA["$defs"][kind]["allOf"]
    assert common == {"$ref": "#/$defs/checkup"}
    return {*SCHEMA["$defs"]["checkup"]["properties"], *own["properties"]}


def test_every_field_is_described() -> None:
    (run,) = written(judged(overfitted()), options=ReportOptions(fix_command=True))["runs"]
    assert set(run) == described("run") - {"next_commands"}
    in_places = {"file", "line", "places"}
    assert set(run["findings"][0]) == set(SCHEMA["$defs"]["finding"]["properties"]) - in_places


def test_changes_that_go_together_and_their_command() -> None:
    (run,) = written(judged(collapsed()), options=ReportOptions(fix_command=True))["runs"]
    assert [(c["id"], c["parameter"], c["new"]) for c in run["changes"]] == [("R403", "epochs", 30)]
    assert "num_train_epochs=30" in run["fix_command"]


def test_switched_off_rules_and_unread_paths() -> None:
    checkup = judged(healthy(), ignore={"R402": "given"})
    options = ReportOptions(unread=(Unread(path="a", message="b"),))
    read = written(checkup, options=options)
    assert read["runs"][0]["switched_off"] == [
        {"id": "R402", "name": "dev-set-too-small", "reason": "given"}
    ]
    assert read["not_read"] == [{"path": "a", "message": "b"}]


def test_an_overview_is_worst_first() -> None:
    read = written(judged(healthy()), judged(collapsed()), options=ReportOptions(overview=True))
    assert [run["verdict"] for run in read["runs"]] == ["error", "healthy"]
