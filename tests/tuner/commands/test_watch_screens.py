"""What `tuner watch` shows of small and large studies, on narrow and wide screens."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.tuner.search.studies import make_spec, rising, search
from tests.tuner.search.test_many_slots import Crash, Crashing
from tuner.commands import watch
from tuner.display.canvas import Canvas
from tuner.display.live import progress_view
from tuner.search.folder import StudyFolder
from tuner.search.following import Sight, StudyFollower

HEIGHT = 24


def sight_of(folder: Path, trials: int, epochs: int) -> Sight:
    """Look at a study with four trainings running."""
    engine = Crashing(rising, slots=4)
    engine.most = epochs
    with pytest.raises(Crash):
        search(folder, make_spec(trials=trials, prune=True), engine=engine)
    with StudyFolder(folder).lock():
        return StudyFollower(folder).look()


@pytest.fixture(scope="module")
def sights(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Sight]:
    epochs = {1: 2, 8: 20, 40: 130}
    folder = tmp_path_factory.mktemp("runs")
    return {trials: sight_of(folder / str(trials), trials, epochs[trials]) for trials in epochs}


def screen(width: int) -> Console:
    return Console(
        width=width, height=HEIGHT, file=io.StringIO(), force_terminal=True, color_system=None
    )


def lines_of(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("trials", [1, 8, 40])
def test_a_screen_holds_what_matters(sights: dict[int, Sight], trials: int, width: int) -> None:
    sight, console = sights[trials], screen(width)
    console.print(progress_view(sight.snapshot, sight.note, Canvas.of(console)))
    lines = lines_of(console)
    assert len(lines) < HEIGHT, "a taller one would scroll"
    assert max(map(len, lines)) == width
    text = "\n".join(lines)
    for row in sight.snapshot.rows:
        if row.state.value == "running":
            assert any(f" {row.number} " in line and "running" in line for line in lines), text
    assert f"{sight.snapshot.finished} of {trials}" in text
    if sight.snapshot.best_key is not None:
        assert f"trial {int(sight.snapshot.best_key)}: learning rate" in text
    assert lines[-1].startswith(sight.note[:20]) and sight.note
    assert ("more" in text) == (trials == 40)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("trials", [1, 8, 40])
def test_one_picture_holds_every_trial(sights: dict[int, Sight], trials: int, width: int) -> None:
    sight, console = sights[trials], screen(width)
    assert watch.show_once(sight, console) == 0
    lines = lines_of(console)
    assert max(map(len, lines)) <= width
    table = lines[: lines.index("")]
    words = [line[1:].split() for line in table]
    shown = [int(one[0]) for one in words if one and one[0].isdigit()]
    assert shown == [row.number for row in sight.snapshot.rows]


@pytest.mark.parametrize("now", [0.0, 1e12])
def test_a_clock_that_jumped_shows_no_senseless_time(
    sights: dict[int, Sight], now: float, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    before = sight_of(folder, 8, 10)
    with StudyFolder(folder).lock():
        sight = StudyFollower(folder, now=lambda: now).look()
    assert 0 <= sight.snapshot.elapsed <= before.snapshot.elapsed + 5
