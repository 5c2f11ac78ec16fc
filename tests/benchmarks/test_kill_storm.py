"""The benchmark of kills runs through in its tiny form, and counts what would be wrong."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks import kill_storm
from benchmarks.support.scripted_study import Part
from benchmarks.support.storm import MARK, Storm, Target
from benchmarks.support.storm_damage import Damage, assess
from benchmarks.support.storm_targets import TARGETS
from tests.tuner.search.studies import make_spec, search


# What others' libraries warn about is theirs.
@pytest.mark.filterwarnings("default")
def test_runs_through_in_its_tiny_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "figures.json"
    kill_storm.main(["--tiny", "--output", str(output)])
    (damage,) = json.loads(output.read_text(encoding="utf-8"))["damages"]
    assert damage["kills"] == 1
    assert damage["finished"] == damage["asked"] >= 12
    wrong = ("lost", "doubled", "zombies")
    assert [damage[name] for name in wrong] == [0, 0, 0]
    assert damage["consistent"]
    assert "| all " in capsys.readouterr().out


@pytest.fixture
def storm(tmp_path: Path) -> Storm:
    """A storm that is over, and a study of two trials."""
    search(tmp_path, make_spec(trials=2, confirm=0))
    target = Target(name="nothing", part=Part(folder="", trials=0), strike=lambda *_: True)
    return Storm(target=target, folder=tmp_path, dice=random.Random(0), trials=2)


def test_a_sound_study_shows_no_damage(storm: Storm) -> None:
    damage = assess(storm)
    assert (damage.lost, damage.doubled, damage.zombies, damage.consistent) == (0, 0, 0, True)
    assert damage.finished == 2


def test_what_is_wrong_is_counted(storm: Storm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.support.storm_damage.PATIENCE", 0.2)
    lost = storm.folder / "trials" / "0001" / "result.json"
    lost.unlink()
    history = storm.folder / "trials" / "0000" / "history.jsonl"
    history.write_text(history.read_text() * 2)
    with subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        env={**os.environ, MARK: str(storm.folder)},
    ) as left:
        damage = assess(storm)
        left.kill()
    epochs = sum('"kind": "epoch"' in line for line in history.read_text().splitlines()) // 2
    assert (damage.lost, damage.doubled, damage.zombies) == (1, epochs, 1)
    assert not damage.consistent, "the database knows the trial that the folder has lost"


def test_rows_add_up() -> None:
    one = Damage(
        target="loop",
        kills=3,
        asked=12,
        finished=12,
        lost=0,
        doubled=0,
        restarted=2,
        zombies=0,
        consistent=True,
    )
    both = kill_storm.total([one, replace(one, target="workers", lost=1, consistent=False)])
    assert kill_storm.row(both) == ("all", "6", "24", "24", "1", "0", "4", "0", "NO")


def test_the_usual_storm_is_of_a_hundred_kills() -> None:
    kills = [part.rpartition(":") for part in kill_storm.USUAL.split(",")]
    assert sum(int(count) for _, _, count in kills) == 100
    assert {name.removeprefix(kill_storm.TRAINED) for name, _, _ in kills} == set(TARGETS)
