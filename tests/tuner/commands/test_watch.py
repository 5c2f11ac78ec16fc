"""`tuner watch`: a second terminal follows a study from its folder alone."""

from __future__ import annotations

import io
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.tuner.commands.conftest import SPEC, curves
from tests.tuner.commands.test_light_start import ending
from tuner import cli
from tuner.commands import watch
from tuner.display.plain import PlainDisplay
from tuner.engines.scripted import ScriptedEngine
from tuner.search import following
from tuner.search.documents import write_json
from tuner.search.folder import StudyFolder
from tuner.search.following import Sight, StudyFollower, news
from tuner.search.loop import run_search
from tuner.search.progress import ProgressFile
from tuner.search.record import read_run
from tuner.silent import SilentStudy
from tuner.study_view import StudySnapshot, StudySummary
from tuner.trial import TrialState

Capture = pytest.CaptureFixture[str]


def run_watch(*words: str, runs: Path) -> int:
    return cli.main(["watch", *words, "--runs-dir", str(runs)])


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies whose study `fin` was killed with four trainings running."""

    class Killed(BaseException):
        pass

    class Engine(ScriptedEngine):
        def next_message(self, timeout: float) -> object:  # type: ignore[override]
            if self.epochs_trained >= 8:
                raise Killed
            return super().next_message(timeout)

    runs = tmp_path_factory.mktemp("runs")
    spec = replace(SPEC, options=replace(SPEC.options, trials=9))
    with pytest.raises(Killed):
        run_search(spec, Engine(curves, slots=4), SilentStudy(), runs / "fin")  # type: ignore[arg-type]
    return runs


@pytest.fixture
def runs(unfinished: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(unfinished, tmp_path / "runs")
    return tmp_path / "runs"


def plain() -> tuple[PlainDisplay, Callable[[], list[str]]]:
    stream = io.StringIO()
    display = PlainDisplay(Console(file=stream, width=100, _environ={}))
    return display, lambda: stream.getvalue().splitlines()


def test_a_finished_study_shows_its_answer_and_ends(finished_runs: Path, capsys: Capture) -> None:
    assert run_watch("fin", runs=finished_runs) == 0
    assert "Answer: fin" in capsys.readouterr().out
    assert run_watch("fin", "--once", runs=finished_runs) == 0
    assert "Answer: fin" in capsys.readouterr().out


def test_a_study_without_a_result_says_so(
    finished_runs: Path, tmp_path: Path, capsys: Capture
) -> None:
    shutil.copytree(finished_runs, tmp_path / "runs")
    path = tmp_path / "runs" / "fin" / "summary.json"
    summary = {**json.loads(path.read_text()), "status": "no-result", "winner": None, "gain": None}
    path.write_text(json.dumps(summary), encoding="utf-8")
    assert run_watch("fin", runs=tmp_path / "runs") == 1
    assert "No result" in capsys.readouterr().out


def test_once_shows_a_study_that_nobody_works_on(runs: Path, capsys: Capture) -> None:
    assert run_watch("fin", "--once", runs=runs) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Study fin: not running" in shown
    assert shown.count("interrupted") == 4
    assert "No process works on it; nothing has changed since 20" in shown
    assert "…" not in shown


def test_once_shows_a_running_study_with_the_figures_of_its_loop(
    runs: Path, capsys: Capture
) -> None:
    written = {
        "phase": "confirm",
        "elapsed": 61.0,
        "remaining": 120.0,
        "note": "[red]0003 starts",
        "trained": {"0001": 2.5, "unknown": 1.0},
    }
    write_json(runs / "fin" / "progress.json", written)
    with StudyFolder(runs / "fin").lock():
        assert run_watch("fin", "--once", runs=runs) == 0
    shown = capsys.readouterr().out
    assert "training the best again with other seeds" in shown
    assert "4 running" in shown
    assert "1m 0" in shown
    assert "about 2m 00s left" in shown
    assert "[red]0003 starts" in shown


def test_a_training_that_the_search_still_loads_is_loading_here_too(
    runs: Path, capsys: Capture
) -> None:
    rows = StudyFollower(runs / "fin").look().snapshot.rows
    running = [row.key for row in rows if row.state is TrialState.INTERRUPTED]
    ended = next(row.key for row in rows if row.state is not TrialState.INTERRUPTED)
    loop = StudySnapshot(
        name="fin",
        phase="search",
        trials=9,
        finished=5,
        rows=tuple(replace(row, loading=row.key in (running[0], ended)) for row in rows),
        best_key=None,
        elapsed=1.0,
        remaining=None,
        epochs_saved=0,
    )
    ProgressFile(runs / "fin").show(loop, "0003 starts")
    with StudyFolder(runs / "fin").lock():
        assert run_watch("fin", "--once", runs=runs) == 0
    shown = capsys.readouterr().out
    assert (shown.count("loading"), shown.count(" running")) == (1, 3 + 1), "one counts them"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("study.json", "{"),
        ("study.json", '{"spec": 3}'),
        ("trials/0000/config.json", "[]"),
        ("trials/0001/config.json", '{"key": 3}'),
        ("summary.json", "[]"),
    ],
)
def test_a_broken_file_is_told_without_a_traceback(
    name: str, content: str, runs: Path, capsys: Capture
) -> None:
    (runs / "fin" / name).write_text(content, encoding="utf-8")
    assert run_watch("fin", "--once", runs=runs) == 2
    told = capsys.readouterr().err
    assert told.startswith("Error: ")
    assert "bug" not in told


@pytest.mark.parametrize("name", ["clock.json", "progress.json", "trials/0002/history.jsonl"])
@pytest.mark.parametrize("content", ["", "[1]", "\x00\xff"])
def test_a_broken_side_file_hides_nothing(
    name: str, content: str, runs: Path, capsys: Capture
) -> None:
    (runs / "fin" / name).write_text(content, encoding="utf-8")
    with StudyFolder(runs / "fin").lock():
        assert run_watch("fin", "--once", runs=runs) == 0
    assert "running" in capsys.readouterr().out


def test_what_is_no_study(runs: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run_watch("fan", runs=runs) == 2
    assert capsys.readouterr().err.split("\n")[:2] == [
        "Error: There is no study `fan`.",
        "Did you mean `fin`?",
    ]
    (runs / "empty").mkdir()
    assert run_watch("empty", runs=runs) == 2
    assert "holds no study" in " ".join(capsys.readouterr().err.split())
    assert cli.main(["watch"]) == 2
    assert "STUDY" in capsys.readouterr().err


def test_a_study_is_followed_from_its_first_trial_to_its_answer(tmp_path: Path) -> None:
    """The loop runs in a thread; the follower sees nothing but the folder."""
    engine = ScriptedEngine(curves, slots=4, delay=0.01)
    started = threading.Event()

    class Starter(SilentStudy):
        def update(self, snapshot: StudySnapshot, note: str) -> None:
            started.set()

    def work() -> None:
        run_search(SPEC, engine, Starter(), tmp_path / "fin")

    loop = threading.Thread(target=work)
    loop.start()
    assert started.wait(60)
    display, lines = plain()
    follower = StudyFollower(tmp_path / "fin")
    code = watch.follow(follower.look, display, sleep=lambda _: loop.join(0.02))
    loop.join()
    assert code == 0
    told = "\n".join(lines())
    assert "0005 finished" in told or "0005 failed" in told
    assert "Answer: fin" in told


def test_unchanged_files_are_not_read_again(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counting(directory: Path) -> object:
        read.append(directory)
        return read_run(directory)

    monkeypatch.setattr(following, "read_run", counting)
    follower = StudyFollower(runs / "fin")
    first = follower.look()
    assert len(read) == len(first.snapshot.rows)
    read.clear()
    assert follower.look() == first
    assert read == []
    changed = runs / "fin" / "trials" / first.snapshot.rows[-1].key
    os.utime(changed / "history.jsonl", (1e9, 1e9))
    follower.look()
    assert read == [changed]


def test_a_killed_loop_is_noticed_and_its_return_too(runs: Path) -> None:
    display, lines = plain()
    looks = sights(runs / "fin")
    summary: list[StudySummary] = []

    def look() -> Sight:
        sight = next(looks)
        summary.extend([sight.summary] if sight.summary else [])
        return sight

    assert watch.follow(look, display, sleep=lambda _: None) == 0
    told = "\n".join(lines())
    gone, back = told.index("No process works on it"), told.index("goes on")
    assert gone < back < told.index("Answer: fin")
    assert summary


def sights(folder: Path) -> Iterator[Sight]:
    follower = StudyFollower(folder)
    with StudyFolder(folder).lock():
        yield follower.look()
    yield follower.look()
    with StudyFolder(folder).lock():
        yield follower.look()
    spec = replace(SPEC, options=replace(SPEC.options, trials=9))
    run_search(spec, ScriptedEngine(curves, slots=4), SilentStudy(), folder)
    yield follower.look()


def test_news_between_two_looks(runs: Path) -> None:
    with StudyFolder(runs / "fin").lock():
        after = StudyFollower(runs / "fin").look().snapshot
    before = replace(after, rows=after.rows[:-1])
    last = after.rows[-1]
    assert news(after, after) == ()
    assert news(before, after)[0] == f"{last.key} starts"
    ended = replace(last, state=TrialState.PRUNED, note="pruned: too low", score=0.25)
    assert news(after, replace(after, rows=(*after.rows[:-1], ended))) == (
        f"{last.key} pruned, best F1 0.2500: too low",
    )


def test_ctrl_c_leaves(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tuner.commands.watch.time.sleep", press)
    monkeypatch.setattr(watch.follow, "__defaults__", (press,))
    assert run_watch("fin", runs=runs) == 130


def test_it_starts_light(runs: Path) -> None:
    assert ending("watch", "fin", "--once", "--runs-dir", ".", folder=runs) == (0, [])
