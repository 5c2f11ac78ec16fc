"""Optimism is the reported score minus what fresh seeds get, per study."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks import optimism
from benchmarks.support.fresh_seeds import ALL_SEEDS, SINGLE, Fresh, Named, Searched
from tuner.trial import TrialSpec

SPEC = TrialSpec(learning_rate=1e-3, batch_size=8, epochs=2)


def study(seed: int, single: float, mean: float) -> Searched:
    named = (
        Named(way=SINGLE, number=1, spec=SPEC, reported=single),
        Named(way=ALL_SEEDS, number=2, spec=SPEC, reported=mean),
    )
    return Searched(data="fin", seed=seed, named=named)


def fresh(study: int, number: int, *dev: float) -> list[Fresh]:
    return [
        Fresh(data="fin", study=study, number=number, seed=n, dev_f1=f1, test_f1=f1 - 0.1)
        for n, f1 in enumerate(dev)
    ]


def test_optimism_is_reported_minus_the_mean_of_fresh_seeds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    studies = [study(1, 0.9, 0.8), study(2, 0.7, 0.7)]
    trained = [
        *fresh(1, 1, 0.7, 0.8), *fresh(1, 2, 0.75, 0.75),
        *fresh(2, 1, 0.6, 0.7), *fresh(2, 2, 0.7, 0.7),
    ]  # fmt: skip
    single = optimism.optimism(studies, trained, SINGLE, "dev_f1")
    assert single == pytest.approx([0.15, 0.05])
    assert optimism.optimism(studies, trained, ALL_SEEDS, "dev_f1") == pytest.approx([0.05, 0.0])
    assert optimism.optimism(studies, trained, SINGLE, "test_f1") == pytest.approx([0.25, 0.15])
    assert optimism.with_error(single) == "+0.1000 ± 0.0500"
    optimism.print_report(studies, trained)
    printed = capsys.readouterr().out
    assert "RATIO optimism, best single score / mean of all seeds: 4.00" in printed
    assert "other settings in 2 of 2" in printed
    assert "Fresh development F1, chosen after minus before it: +0.0250 ± 0.0250" in printed


@pytest.mark.filterwarnings("default")
def test_it_runs_through_in_its_tiny_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "figures.json"
    optimism.main(["--tiny", "--device", "cpu", "--output", str(output)])
    figures = json.loads(output.read_text(encoding="utf-8"))
    assert len(figures["studies"]) == 1
    numbers = {named["number"] for named in figures["studies"][0]["named"]}
    assert {each["number"] for each in figures["fresh"]} == numbers
    assert all(math.isfinite(each["test_f1"]) for each in figures["fresh"])
    assert "RATIO" in capsys.readouterr().out


def test_help_says_what_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        optimism.main(["--help"])
    assert "RATIO" in capsys.readouterr().out
