"""`tuner diagnose`, `tuner explain` and `tuner rules` as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diagnostics.checkup import run_rules
from diagnostics.glossary import TERMS
from tuner.cli import main

DATA = Path(__file__).parents[2] / "data" / "readers"
OVERFITS = str(DATA / "trainer_state" / "overfits")
HEALTHY = str(DATA / "trainer_state" / "healthy")
STUDY = str(DATA / "tuner_run" / "study")
HEAVY = (
    "torch",
    "transformers",
    "optuna",
    "sklearn",
    "scipy",
    "pandas",
    "datasets",
    "numpy",
    "pyarrow",
)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([HEALTHY], 0),
        ([STUDY], 0),
        ([OVERFITS], 1),
        ([OVERFITS, "--fail-on", "warning"], 1),
        ([OVERFITS, "--fail-on", "error"], 0),
        ([OVERFITS, "--fail-on", "never"], 0),
        ([HEALTHY, "--fail-on", "info"], 1),
        (["nowhere"], 2),
        ([str(DATA)], 2),
        ([OVERFITS, "--format", "carrier-pigeon"], 2),
        ([OVERFITS, "--output", "nowhere/report.txt"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    assert main(["diagnose", *arguments]) == code


def test_the_winner_of_a_study_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diagnose", STUDY])
    assert "trial 0001, the winner of 3 trials" in capsys.readouterr().out


def test_json_on_standard_output_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diagnose", OVERFITS, "--format", "json"])
    assert json.loads(capsys.readouterr().out)["runs"][0]["verdict"] == "warning"


def test_a_report_can_go_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.txt"
    main(["diagnose", OVERFITS, "--output", str(target)])
    assert "R201 overfits-metric" in target.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_unknown_formats_are_answered_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["diagnose", OVERFITS, "--format", "xml"])
    assert "json, terminal" in capsys.readouterr().err


@pytest.mark.parametrize("rule", run_rules(), ids=lambda rule: str(rule.name))
def test_every_rule_is_explained(rule: object, capsys: pytest.CaptureFixture[str]) -> None:
    name, identifier = getattr(rule, "name"), getattr(rule, "id")  # noqa: B009
    assert main(["explain", name]) == 0
    by_name = capsys.readouterr().out
    assert main(["explain", identifier.lower()]) == 0
    assert capsys.readouterr().out == by_name
    for part in (identifier, "Why it matters", "What to change", "Source", "flagged:", "fine:"):
        assert part in by_name


@pytest.mark.parametrize("term", TERMS, ids=lambda term: str(term.name))
def test_every_term_is_explained(term: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", getattr(term, "name")]) == 0  # noqa: B009
    assert "Example:" in capsys.readouterr().out


def test_an_unknown_topic_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "overfits-metrics"]) == 2
    assert "Did you mean `overfits-metric`?" in " ".join(capsys.readouterr().err.split())


def test_the_catalogue_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{rule.id} {rule.name}" in listed for rule in run_rules())


def test_starts_light() -> None:
    program = (
        "import sys; from tuner.cli import main; "
        f"main(['diagnose', {HEALTHY!r}]); main(['rules']); main(['explain', 'R201']); "
        f"print('HEAVY', *(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "HEAVY"


def test_starts_fast() -> None:
    """Own processor time, which other work on the machine does not change."""
    program = (
        "import time; from tuner.cli import main; "
        f"main(['diagnose', {HEALTHY!r}]); print(time.process_time())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert float(done.stdout.splitlines()[-1]) < 0.5


def test_a_thousand_files_of_a_run_are_no_burden(tmp_path: Path) -> None:
    state = (DATA / "trainer_state" / "healthy" / "trainer_state.json").read_text(encoding="utf-8")
    (tmp_path / "trainer_state.json").write_text(state, encoding="utf-8")
    for number in range(1000):
        (tmp_path / f"shard-{number}.bin").touch()
    start = time.process_time()
    assert main(["diagnose", str(tmp_path), "--format", "json"]) == 0
    assert time.process_time() - start < 1.0
