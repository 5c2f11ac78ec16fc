"""Winners of finished studies as start points of the next."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tuner.search.studies import RECIPE, SPACE, make_spec, search
from tuner.model_facts import ModelFacts
from tuner.search.past_studies import PastWinner, like_winners, past_points, past_winners
from tuner.space import LogRange, SearchSpace
from tuner.study import StudySpec
from tuner.trial import TrialSpec

MODEL = ModelFacts(
    name="small",
    parameters=20_000_000,
    layers=6,
    hidden_size=384,
    max_length=512,
    fingerprint="m",
    architecture="bert",
)


def past(study: str = "one", **changes: object) -> PastWinner:
    winner = PastWinner(
        study=study,
        created="2026-01-01T00:00:00+00:00",
        model=MODEL,
        data_fingerprint="other",
        sentences=1_000,
        spec=replace(RECIPE, learning_rate=2e-4, batch_size=8, epochs=5),
    )
    return replace(winner, **changes)  # type: ignore[arg-type]


def finished_study(runs: Path, name: str, **changes: object) -> StudySpec:
    facts = {"splits": {"train": {"sentences": 900}}}
    spec = replace(make_spec(trials=3), name=name, data_facts=facts, **changes)  # type: ignore[arg-type]
    search(runs / name, spec)
    return spec


def test_the_winner_of_a_finished_study_is_read(tmp_path: Path) -> None:
    spec = finished_study(tmp_path, "first")
    found = past_winners(tmp_path)
    written = json.loads((tmp_path / "first" / "summary.json").read_text())
    assert [(one.study, one.sentences, one.model) for one in found] == [("first", 900, spec.model)]
    assert found[0].spec.learning_rate == written["winner"]["spec"]["learning_rate"]


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert past_winners(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("summary.json", "{"),
        ("summary.json", "[]"),
        ("summary.json", '{"winner": {"spec": {"learning_rate": "high"}}}'),
        ("study.json", '{"spec": {}}'),
        ("study.json", "null"),
    ],
)
def test_a_broken_study_is_passed_over(tmp_path: Path, file: str, text: str) -> None:
    finished_study(tmp_path, "broken")
    finished_study(tmp_path, "whole")
    (tmp_path / "broken" / file).write_text(text)
    assert [one.study for one in past_winners(tmp_path)] == ["whole"]


@pytest.mark.parametrize(
    ("file", "name", "value"),
    [
        ("study.json", "sentences", "Infinity"),
        ("study.json", "sentences", "9.5"),
        ("study.json", "parameters", '"30M"'),
        ("summary.json", "batch_size", '"8"'),
        ("summary.json", "epochs", "Infinity"),
        ("summary.json", "learning_rate", "NaN"),
    ],
)
def test_values_that_no_study_holds_are_passed_over(
    tmp_path: Path, file: str, name: str, value: str
) -> None:
    finished_study(tmp_path, "hostile")
    path = tmp_path / "hostile" / file
    changed, count = re.subn(rf'"{name}": [^,\s{{}}\[]+', f'"{name}": {value}', path.read_text())
    assert count, "nothing was changed"
    path.write_text(changed)
    winners = past_winners(tmp_path)
    assert past_points(like_winners(winners, MODEL, "mine", 1_000), SPACE) == ()
    assert winners == ()


def test_an_interrupted_study_has_no_winner_yet(tmp_path: Path) -> None:
    finished_study(tmp_path, "one")
    path = tmp_path / "one" / "summary.json"
    path.write_text(path.read_text().replace('"finished"', '"interrupted"', 1))
    assert past_winners(tmp_path) == ()


def test_the_likest_comes_first_and_the_unlike_not_at_all() -> None:
    winners = (
        past("far", sentences=3_900),
        past("near", sentences=1_100),
        past("too much data", sentences=4_100),
        past("too large", model=replace(MODEL, parameters=41_000_000)),
        past("larger", model=replace(MODEL, parameters=30_000_000)),
    )
    liked = like_winners(winners, MODEL, "mine", 1_000)
    assert [one.study for one in liked] == ["near", "larger", "far"]


def test_the_same_model_on_the_same_data_is_no_second_opinion() -> None:
    same = past("same", data_fingerprint="mine")
    assert like_winners((same,), MODEL, "mine", 1_000) == ()
    other_model = replace(same, model=replace(MODEL, fingerprint="another"))
    assert like_winners((other_model,), MODEL, "mine", 1_000) == (other_model,)


def test_nothing_is_like_data_of_unknown_size() -> None:
    assert like_winners((past(sentences=0),), MODEL, "mine", 1_000) == ()


def points(*specs: TrialSpec, space: SearchSpace = SPACE) -> list[tuple[float, int, int]]:
    found = past_points([past(spec=spec) for spec in specs], space)
    return [(one.spec.learning_rate, one.spec.batch_size, one.spec.epochs) for one in found]


def test_points_move_into_the_space_and_come_once() -> None:
    base = past().spec
    assert points(replace(base, epochs=40), replace(base, epochs=41)) == [(2e-4, 8, 6)]


def test_a_learning_rate_outside_of_the_range_is_respected() -> None:
    base = past().spec
    narrow = replace(
        SPACE, parameters={**SPACE.parameters, "learning_rate": LogRange(low=1e-5, high=1e-4)}
    )
    assert points(base, replace(base, learning_rate=5e-5), space=narrow) == [(5e-5, 8, 5)]


def test_two_at_most() -> None:
    base = past().spec
    assert len(points(*(replace(base, learning_rate=rate) for rate in (1e-4, 2e-4, 3e-4)))) == 2
