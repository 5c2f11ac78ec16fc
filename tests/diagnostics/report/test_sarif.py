"""What code scanning reads: the required properties of SARIF 2.1.0, checked by hand."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from diagnostics.checkup import Checkup, run_rules
from diagnostics.data_checkup import check
from diagnostics.report.sarif import Sarif, log_document
from diagnostics.report_format import ReportOptions, Unread
from tests.diagnostics.report.runs import (
    RULES,
    collapsed,
    healthy,
    judged,
    judged_by_all,
    overfitted,
)

LEVELS = {"none", "note", "warning", "error"}


def scanned(*checkups: Checkup[Any], options: ReportOptions | None = None) -> dict[str, Any]:
    stream = io.StringIO()
    Sarif().write(checkups, stream, options or ReportOptions())
    log: dict[str, Any] = json.loads(stream.getvalue())
    return log


def results(*checkups: Checkup[Any]) -> list[dict[str, Any]]:
    (run,) = scanned(*checkups)["runs"]
    found: list[dict[str, Any]] = run["results"]
    return found


def test_the_frame() -> None:
    log = scanned(judged(overfitted()), judged(healthy()))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["tool"]["driver"]["name"] == "tuner diagnose"
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_every_rule_is_described() -> None:
    (run,) = scanned(judged_by_all(healthy()))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in run_rules()]
    for rule in rules:
        assert set(rule) >= {"id", "name", "shortDescription", "fullDescription", "help"}
        for text in ("shortDescription", "fullDescription", "help"):
            assert rule[text]["text"].strip()
        assert rule["defaultConfiguration"]["level"] in LEVELS


def test_every_finding_is_a_result() -> None:
    checkup = judged(collapsed())
    found = results(checkup)
    assert [result["ruleId"] for result in found] == [each.rule for each in checkup.findings]
    for result in found:
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        rules = scanned(checkup)["runs"][0]["tool"]["driver"]["rules"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert re.fullmatch(r"[0-9a-f]{64}", result["partialFingerprints"]["diagnosis/v1"])
    assert [result["properties"]["rootCause"] for result in found] == [True, False]


def test_fingerprints_tell_runs_apart_and_outlive_new_figures() -> None:
    (one, *_), (other, *_) = results(judged(overfitted("a"))), results(judged(overfitted("b")))
    assert one["partialFingerprints"] != other["partialFingerprints"]
    later = judged(overfitted("a"), select=["R201"])
    assert results(later)[0]["partialFingerprints"] == one["partialFingerprints"]


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("runs/a b/x.json", "runs/a%20b/x.json"),
        (str(Path.cwd() / "runs" / "x.json"), "runs/x.json"),
        ("/elsewhere/x#1.json", "file:///elsewhere/x%231.json"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
    ],
)
def test_places_are_uris(source: str, uri: str) -> None:
    (first, *_) = results(judged(overfitted(source)))
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_what_could_not_be_read_is_a_notification() -> None:
    options = ReportOptions(unread=(Unread(path="gone", message="It is not there."),))
    (run,) = log_document([judged(healthy())], options)["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "gone" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_rules_of_several_checkups_are_listed_once() -> None:
    (run,) = scanned(judged(overfitted()), judged(collapsed()))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.id for rule in RULES]


def test_a_finding_without_a_place_names_the_training_file(tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text("Acme B-ORG\nrose O\n\n" * 40, encoding="utf-8")
    found = results(check(tmp_path, select=["D301"]))
    (physical,) = (place["physicalLocation"] for place in found[0]["locations"])
    assert physical["artifactLocation"]["uri"].endswith("train.conll")
    assert "region" not in physical
