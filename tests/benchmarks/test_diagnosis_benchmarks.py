"""The benchmarks of diagnoses say how they are called, and run through on small files."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks import diagnose_speed, diagnosis_agreement

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "readers" / "trainer_state"
LABELS = """\
file\tlabels\treasoning
healthy.json\tfine\trises and stays
overfits.json\toverfitting\tfalls after the second epoch
all_o.json\tfine\ta label that is wrong
empty.json\tnot_a_history\tnothing in it
"""


def test_speed_beside_a_rival(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "figures.json"
    rival = shlex.join([sys.executable, "-c", "pass"]) + " {}"
    diagnose_speed.main(["--tiny", "--rival", rival, "--output", str(output)])
    figures = json.loads(output.read_text(encoding="utf-8"))
    assert figures["huge"]["megabytes"] > 5
    assert "RATIO" in capsys.readouterr().out


def test_a_rival_that_fails_is_no_figure(tmp_path: Path) -> None:
    rival = shlex.join([sys.executable, "-c", "raise SystemExit(3)"]) + " {}"
    with pytest.raises(SystemExit, match="ended with 3"):
        diagnose_speed.main(["--tiny", "--rival", rival, "--output", str(tmp_path / "x.json")])


def test_agreement_with_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("healthy", "overfits", "all_o"):
        shutil.copy(SAMPLES / name / "trainer_state.json", tmp_path / f"{name}.json")
    (tmp_path / "empty.json").write_text("{}", encoding="utf-8")
    (tmp_path / "labels.tsv").write_text(LABELS, encoding="utf-8")
    output = tmp_path / "figures.json"
    diagnosis_agreement.main(
        ["--histories", str(tmp_path), "--output", str(output), "--disagreements"]
    )
    shown = capsys.readouterr().out
    assert "RATIO warnings on fine runs / fine runs: 3 / 2" in shown
    assert "false alarms: accuracy-flatters, all-o-collapse, too-few-steps" in shown
    assert "Refused: empty.json" in shown
    cases = {case["file"]: case for case in json.loads(output.read_text("utf-8"))["cases"]}
    assert "overfits-metric" in cases["overfits.json"]["findings"]


def test_agreement_without_the_collection(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diagnosis_agreement.main(["--histories", str(tmp_path)])
    assert "Skipped" in capsys.readouterr().out
