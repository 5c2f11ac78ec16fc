"""Settings are compared by a mean over some epochs; what leads by it has its weights on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tuner.search.studies import RECIPE, Watcher, make_spec, search
from tuner.engines.scripted import ScriptedEngine, scripted_report
from tuner.space import LogRange, SearchSpace
from tuner.trial import EpochReport, TrialSpec, TypeScores

EPOCHS = 30  # the last three up to the one that counts are averaged
ENTITIES = 900  # epochs within 0.012 of the best count as equal
SPACE = SearchSpace(parameters={"learning_rate": LogRange(low=1e-5, high=1e-3)}, reasons={})
FIRST = replace(RECIPE, epochs=EPOCHS)
SECOND = replace(FIRST, learning_rate=1e-4)


def reports(spec: TrialSpec, end: list[float]) -> list[EpochReport]:
    scores = [0.5] * (EPOCHS - len(end)) + end
    told = [scripted_report(spec, epoch, f1) for epoch, f1 in enumerate(scores, start=1)]
    types = TypeScores(precision=0.5, recall=0.5, f1=0.5, support=ENTITIES)
    return [replace(one, scores=replace(one.scores, per_type={"all": types})) for one in told]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0.880, 0.880, 0.900], [0.900, 0.901, 0.899]),  # one lucky epoch
        ([0.900, 0.900, 0.900], [0.905, 0.906, 0.8985]),  # an unlucky one: saved all the same?
    ],
)
def test_higher_level_wins_and_its_weights_are_kept(
    tmp_path: Path, first: list[float], second: list[float]
) -> None:
    def curves(spec: TrialSpec) -> list[EpochReport]:
        return reports(spec, first if spec.learning_rate == FIRST.learning_rate else second)

    spec = replace(make_spec(trials=2), space=SPACE, recipe=FIRST, start_points=(SECOND,))
    engine, observer = ScriptedEngine(curves), Watcher()
    summary = search(tmp_path, spec, engine=engine, observer=observer)
    assert summary.winner is not None
    assert (summary.winner.number, summary.winner.mean) == (1, second[-1])
    assert not any("trained again" in note for note in observer.notes)
    assert (tmp_path / "best").is_dir()
