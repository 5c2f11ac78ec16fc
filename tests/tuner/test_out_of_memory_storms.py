"""Every training above a batch size runs out of memory, at steps that nobody can foresee."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import tuner
from tests.tuner.search.storms import MOST_ROWS, stormy
from tests.tuner.search.studies import make_spec, search
from tests.tuner.trainings import RECIPE, SPACE
from tuner.engines.scripted import Step
from tuner.search.study_record import load_study
from tuner.training.memory import SimulatedMemory
from tuner.trial import TrialSpec, TrialState


@pytest.mark.parametrize("sampler", ["random", "gp"])
def test_the_answer_is_the_best_of_what_fits(tmp_path: Path, sampler: str) -> None:
    """The larger batches would score higher before they fail; none of them may win."""
    summary = search(tmp_path / "demo", make_spec(trials=10, confirm=1, sampler=sampler), stormy)
    assert summary.status == "finished"
    rows = [row for row in summary.rows if row.origin != "confirm"]
    assert len(rows) == 10
    for row in rows:
        fits = row.spec.batch_size <= MOST_ROWS
        assert row.state is (TrialState.FINISHED if fits else TrialState.INFEASIBLE)
    assert summary.winner is not None and summary.winner.spec.batch_size <= MOST_ROWS
    finished = [row.score or 0.0 for row in rows if row.state is TrialState.FINISHED]
    assert 1 <= len(finished) < 10
    assert summary.winner.seed_scores[0] >= sorted(finished)[-3:][0], "one of the contenders"
    failed = [run for run in load_study(tmp_path / "demo").runs if not run.score or run.events]
    assert all("out-of-memory" in [event.kind for event in run.events] for run in failed)
    assert any("did not succeed" in warning for warning in summary.warnings)
    assert not list((tmp_path / "demo").glob("trials/*/checkpoint"))


def test_a_storm_over_all_trials_ends_with_a_reason(tmp_path: Path) -> None:
    def hopeless(spec: TrialSpec) -> list[Step]:
        return stormy(replace(spec, batch_size=32))

    summary = search(tmp_path / "demo", make_spec(trials=3), hopeless)
    assert summary.status == "no-result"
    assert {row.state for row in summary.rows} == {TrialState.INFEASIBLE}
    assert any("No training succeeded" in warning for warning in summary.warnings)


def test_real_trainings_come_to_the_same_result(
    easy_data: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch above two rows fails at a random step; the result is that of a calm search."""
    dice = random.Random(1)
    failures = 0

    def touch(self: SimulatedMemory, phase: str, rows: int, length: int) -> None:
        nonlocal failures
        if phase in ("train", "backward") and rows > 2 and dice.random() < 0.5:
            failures += 1
            raise torch.OutOfMemoryError("CUDA out of memory.")

    options: dict[str, Any] = {
        "model": tiny_model, "trials": 2, "confirm": 0, "prune": False, "runs_dir": tmp_path,
        "device": "cpu", "space": SPACE, "recipe": replace(RECIPE, dropout=0.0),
    }  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(SimulatedMemory, "touch", touch)
        stormed = tuner.search(easy_data, study="stormed", **options)
    calm = tuner.search(easy_data, study="calm", **options)
    assert failures >= 2
    assert [row.spec for row in stormed.rows] == [row.spec for row in calm.rows]
    assert {row.state for row in stormed.rows} == {TrialState.FINISHED}
    for ours, theirs in zip(stormed.rows, calm.rows, strict=True):
        assert ours.score == pytest.approx(theirs.score, abs=0.02)
    told = [
        json.loads(line)
        for path in (tmp_path / "stormed").glob("trials/*/history.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert len([entry for entry in told if entry.get("event") == "out-of-memory"]) >= 1
