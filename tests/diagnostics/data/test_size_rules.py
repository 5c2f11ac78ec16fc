"""Rules about amounts: limits, fixes with their numbers, traps, and public data without alarms."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.data_checkup import check
from diagnostics.findings import NotApplicable, Severity
from tests.diagnostics.data.surveying import conll, found, written

SHARED = Path(__file__).parents[4] / "shared"
SAMPLE = Path(__file__).parents[3] / "tuner" / "sample_data"
ANNA = conll("Anna/B-PER sleeps")


@pytest.mark.parametrize(
    ("sentences", "severity"),
    [(99, Severity.WARNING), (100, Severity.INFO), (199, Severity.INFO), (200, None)],
)
def test_few_sentences(tmp_path: Path, sentences: int, severity: Severity | None) -> None:
    said = found(written(tmp_path, train=ANNA * sentences), "D301")
    assert [each.severity for each in said] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("model", "plan", "rate"),
    [
        ({}, {}, 5e-5),
        ({"parameters": 22e6}, {"learning_rate": 2e-5}, 3e-4),
        ({"parameters": 335e6}, {}, 3e-5),
        ({"parameters": 110e6}, {"learning_rate": 5e-5}, None),
    ],
)
def test_few_sentences_want_the_upper_rate(
    tmp_path: Path, model: dict[str, Any], plan: dict[str, Any], rate: float | None
) -> None:
    (said,) = found(written(tmp_path, train=ANNA * 50), "D301", model=model, plan=plan)
    rates = [fix.new for fix in said.fixes if fix.parameter == "learning_rate"]
    assert rates == ([rate] if rate else [])


@pytest.mark.parametrize(
    ("entities", "severity"),
    [(9, Severity.WARNING), (10, Severity.INFO), (50, Severity.INFO), (51, None)],
)
def test_few_examples(tmp_path: Path, entities: int, severity: Severity | None) -> None:
    train = conll("Rome/B-LOC shone") * entities + ANNA * 60
    said = found(written(tmp_path, train=train), "D302")
    assert [each.severity for each in said] == ([severity] if severity else [])
    if said:
        assert f"{entities} entities of LOC" in said[0].message
        assert [place.line for place in said[0].places] == [1, 4, 7, 10, 13]


def test_negatives_are_missed_however_many_examples_there_are(tmp_path: Path) -> None:
    """spaCy asks for them only where a label has at most 50 examples."""
    (said,) = found(written(tmp_path, train=ANNA * 400), "D304")
    assert "Each of the 400 training sentences holds PER" in said.message


@pytest.mark.parametrize(
    ("entities", "severity"),
    [(40, Severity.WARNING), (46, Severity.INFO), (170, Severity.INFO), (180, None)],
)
def test_what_dev_cannot_rank(tmp_path: Path, entities: int, severity: Severity | None) -> None:
    said = found(written(tmp_path, train=ANNA * 9, dev=ANNA * entities), "D306")
    assert [each.severity for each in said] == ([severity] if severity else [])


def test_the_steps_of_the_plan(tmp_path: Path) -> None:
    folder = written(tmp_path, train=ANNA * 208)
    (said,) = found(folder, "D308", plan={"batch_size": 16, "epochs": 3})
    assert "13 steps per epoch, 39 in all" in said.message
    assert {fix.parameter: fix.new for fix in said.fixes} == {"epochs": 30, "batch_size": 8}
    assert not found(folder, "D308", plan={"batch_size": 16, "epochs": 30})
    accumulated = {"batch_size": 4, "gradient_accumulation_steps": 4, "epochs": 3}
    assert "39 in all" in found(folder, "D308", plan=accumulated)[0].message


@pytest.mark.parametrize("plan", [{"epochs": 0}, {"epochs": -1}, {"epochs": "many"}, {}])
def test_a_plan_without_epochs_is_not_judged(tmp_path: Path, plan: dict[str, Any]) -> None:
    checked = check(written(tmp_path, train=ANNA), select=["D308"], plan=plan)
    assert [rule.id for rule, _ in checked.not_judged] == ["D308"]


def test_a_hostile_batch_size_costs_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path, train=ANNA * 10)
    for size in (0, -3, 10**30, "x", None, float("nan"), True):
        plan = {"batch_size": size, "epochs": 2, "gradient_accumulation_steps": size}
        assert not check(folder, select=["D308"], plan=plan).crashed


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None)
@given(tokens=st.lists(words, min_size=1, max_size=8))
def test_strange_words_cost_no_rule_its_verdict(
    tmp_path_factory: pytest.TempPathFactory, tokens: list[str]
) -> None:
    record = {"tokens": tokens, "ner_tags": ["B-X"] + ["O"] * (len(tokens) - 1)}
    plain = {"tokens": ["Anna", "left"], "ner_tags": ["B-X", "O"]}
    file = tmp_path_factory.mktemp("data") / "train.jsonl"
    file.write_text(f"{json.dumps(record)}\n{json.dumps(plain)}\n")
    checked = check(file, dev=file, select=["D3", "D4"])
    assert not checked.crashed
    assert all(len(place.text) <= 80 for each in checked.findings for place in each.places)


def test_nothing_heavy_is_loaded_unasked() -> None:
    code = (
        "import sys; from diagnostics.data_checkup import check; "
        f"check({str(SAMPLE)!r}, select=['D3', 'D4']); "
        "print([name for name in ('numpy', 'scipy', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def graver(folder: Path) -> list[str]:
    said = check(folder, select=["D3", "D4"]).findings
    return [each.rule for each in said if each.severity is not Severity.INFO]


def test_the_sample_data_is_fine() -> None:
    assert graver(SAMPLE) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here")
def test_public_data_has_the_defects_that_it_has() -> None:
    assert graver(SHARED / "data" / "wnut17") == []
    assert graver(SHARED / "data" / "fin") == ["D302"]  # seven entities of MISC


@pytest.mark.parametrize(
    ("rule", "plan"),
    [
        ("D301", {}),
        ("D302", {}),
        ("D412", {}),
        ("D308", {"epochs": 3}),
        ("D602", {"batch_size": 16}),
        ("D409", {}),
    ],
)
def test_the_size_of_a_sample_is_not_judged(
    rule: str, plan: dict[str, Any], tmp_path: Path
) -> None:
    dev = {} if rule == "D409" else {"dev": ANNA * 50}
    folder = written(tmp_path, train=ANNA * 300, **dev)
    checkup = check(folder, sample=20, plan=plan, select=[rule])
    (judged,) = checkup.judgements
    assert isinstance(judged.outcome, NotApplicable)
    assert judged.outcome.reason.startswith("only a sample of 20 training sentences")
    assert check(folder, sample=20, plan=plan, select=[rule], trains_on_sample=True).findings
    whole = check(folder, sample=4000, plan=plan, select=[rule])
    assert whole.subject.sampled is None
    assert not isinstance(whole.judgements[0].outcome, NotApplicable)


def test_the_steps_of_a_plan_are_not_counted_on_a_sample(tmp_path: Path) -> None:
    folder = written(tmp_path, train=ANNA * 3000, dev=ANNA * 50)
    plan = {"batch_size": 8, "epochs": 3, "learning_rate": 2e-5, "warmup_steps": 200}
    whole = check(folder, plan=plan, select=["R"])
    part = check(folder, plan=plan, select=["R"], sample=20)
    assert [each.message for each in part.findings] == [each.message for each in whole.findings]
    assert check(folder, plan=plan, select=["R"], sample=20, trains_on_sample=True).findings
