"""The same command goes on where the study stopped, and refuses what is no longer the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from tests.tuner.facts import TINY
from tests.tuner.search.studies import RECIPE, Watcher, make_spec, rising, search
from tuner.engine import Message
from tuner.engines.scripted import ScriptedEngine
from tuner.errors import StudyError
from tuner.search.interrupt import StopRequest
from tuner.study import StudySpec
from tuner.study_view import StudySnapshot, StudySummary
from tuner.trial import TrialState

pytestmark = pytest.mark.long


def settings(summary: StudySummary) -> list[tuple[Any, ...]]:
    return [(row.key, row.spec, row.state, row.score, row.best_epoch) for row in summary.rows]


def stop_after(epochs: int) -> tuple[StopRequest, Watcher]:
    """Return a request that is made when so many epochs were reported."""
    stop = StopRequest()
    seen = 0

    def count(snapshot: StudySnapshot, note: str) -> None:
        nonlocal seen
        seen += " epoch " in note
        if seen >= epochs:
            stop.request()

    return stop, Watcher(count)


def run_in_pieces(directory: Path, spec: StudySpec, epochs: int) -> tuple[StudySummary, int]:
    """Run a study that is interrupted after every few epochs; also return how often."""
    for session in range(200):
        stop, observer = stop_after(epochs)
        summary = search(directory, spec, stop=stop, observer=observer)
        if summary.status != "interrupted":
            return summary, session
    raise AssertionError("the study never ended")


def test_interrupt_finishes_the_epoch_saves_and_summarises(tmp_path: Path) -> None:
    stop, observer = stop_after(7)
    spec = make_spec(trials=5, has_test=True)
    engine = ScriptedEngine(rising)
    summary = search(tmp_path, spec, stop=stop, observer=observer, engine=engine)

    assert summary.status == "interrupted"
    assert summary.test is None
    assert engine.evaluated == []
    states = [row.state for row in summary.rows]
    assert states == [TrialState.FINISHED, TrialState.FINISHED, TrialState.INTERRUPTED]
    assert summary.winner is not None
    assert summary.best_directory == tmp_path / "best"
    assert (tmp_path / "best" / "model.json").is_file()
    assert json.loads((tmp_path / "summary.json").read_text())["status"] == "interrupted"
    assert any("goes on where it stopped" in warning for warning in summary.warnings)
    assert (tmp_path / "trials" / "0002" / "checkpoint").is_dir()


def test_interrupted_or_not_the_trials_are_the_same(tmp_path: Path) -> None:
    spec = make_spec(trials=6, sampler="tpe", prune=True, confirm=1, contenders=2)
    whole = search(tmp_path / "whole", spec)
    pieces, times = run_in_pieces(tmp_path / "pieces", spec, epochs=5)
    assert times >= 3
    assert settings(pieces) == settings(whole)
    assert pieces.winner == whole.winner


def test_a_confirming_run_that_was_cut_off_is_taken_up_again(tmp_path: Path) -> None:
    class Crash(BaseException):
        pass

    class Crashing(ScriptedEngine):
        def next_message(self, timeout: float) -> Message | None:
            if self.epochs_trained == 14:
                raise Crash
            return super().next_message(timeout)

    spec = make_spec(trials=2, confirm=2)
    with pytest.raises(Crash):
        search(tmp_path, spec, engine=Crashing(rising))
    assert not (tmp_path / "confirm" / "0000-seed-44" / "result.json").exists()
    engine = ScriptedEngine(rising)
    summary = search(tmp_path, spec, engine=engine)
    assert settings(summary) == settings(search(tmp_path / "whole", spec))
    assert engine.epochs_trained == sum(row.spec.epochs for row in summary.rows) - 14


def test_no_epoch_of_a_checkpoint_is_trained_again(tmp_path: Path) -> None:
    spec = make_spec(trials=3)
    engine = ScriptedEngine(rising)
    while True:
        stop, observer = stop_after(2)
        summary = search(tmp_path, spec, stop=stop, observer=observer, engine=engine)
        if summary.status == "finished":
            break
    assert engine.epochs_trained == sum(row.spec.epochs for row in summary.rows)


def test_stop_at_once_loses_only_the_running_epoch(tmp_path: Path) -> None:
    class Impatient(ScriptedEngine):
        def next_message(self, timeout: float) -> Message | None:
            if self.epochs_trained == 6:
                raise KeyboardInterrupt
            return super().next_message(timeout)

    spec = make_spec(trials=3)
    summary = search(tmp_path, spec, engine=Impatient(rising))
    assert summary.status == "interrupted"
    assert summary.rows[-1].state is TrialState.INTERRUPTED
    assert settings(search(tmp_path, spec)) == settings(search(tmp_path / "whole", spec))


def test_finished_study_shows_its_result_at_once(tmp_path: Path) -> None:
    spec = make_spec(trials=3, confirm=1)
    first = search(tmp_path, spec)
    engine = ScriptedEngine(rising)
    observer = Watcher()
    again = search(tmp_path, spec, engine=engine, observer=observer)
    assert settings(again) == settings(first)
    assert again.winner == first.winner
    assert engine.epochs_trained == 0
    assert observer.notes == []
    assert observer.summary == again


def test_a_finished_study_of_an_older_version_is_left_alone(tmp_path: Path) -> None:
    """Its summary lacks the options that came later, which have their defaults then."""
    spec = make_spec(trials=3, confirm=1)
    search(tmp_path, spec)
    file = tmp_path / "summary.json"
    written = json.loads(file.read_text("utf-8"))
    for later in ("stop_when_flat", "artifacts", "address", "per_device"):
        del written["extra"]["options"][later]
    file.write_text(json.dumps(written), "utf-8")
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    engine = ScriptedEngine(rising)
    assert search(tmp_path, spec, engine=engine).status == "finished"
    assert engine.epochs_trained == 0
    now = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    changed = {path.name for path in {*files, *now} if files.get(path) != now.get(path)}
    assert changed <= {"lock"}


@pytest.mark.parametrize("options", [None, [], {"trials": "many"}, {"trials": 0}, {}])
def test_a_summary_whose_options_are_damaged_is_written_anew(
    tmp_path: Path, options: object
) -> None:
    spec = make_spec(trials=3, confirm=1)
    search(tmp_path, spec)
    file = tmp_path / "summary.json"
    written = json.loads(file.read_text("utf-8"))
    sound = written["extra"]["options"]
    written["extra"]["options"] = options
    file.write_text(json.dumps(written), "utf-8")
    engine = ScriptedEngine(rising)
    assert search(tmp_path, spec, engine=engine).status == "finished"
    assert engine.epochs_trained == 0, "nothing is trained again for that"
    assert json.loads(file.read_text("utf-8"))["extra"]["options"] == sound


def test_trials_are_counted_over_all_restarts(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=3))
    summary = search(tmp_path, make_spec(trials=5))
    assert len(summary.rows) == 5
    assert settings(summary) == settings(search(tmp_path / "whole", make_spec(trials=5)))
    fewer = search(tmp_path, make_spec(trials=2))
    assert len(fewer.rows) == 5
    assert fewer.winner == summary.winner
    assert (tmp_path / "best" / "model.json").is_file()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"data_fingerprint": "e", "data_facts": {"train": {"sentences": 101}}},
            "data, train.sentences: 100 before, 101 now",
        ),
        ({"data_fingerprint": "e"}, "the same counts, but other words or tags"),
        ({"model": replace(TINY, name="other", fingerprint="x")}, "tiny before, other now"),
        ({"recipe": replace(RECIPE, weight_decay=0.5)}, "weight_decay: 0.01 before, 0.5 now"),
        ({"training": {"max_length": 32}}, "training, max_length: nothing before, 32 now"),
    ],
)
def test_a_changed_study_is_refused_with_the_difference(
    tmp_path: Path, changes: dict[str, Any], line: str
) -> None:
    search(tmp_path, make_spec(trials=2))
    engine = ScriptedEngine(rising)
    with pytest.raises(StudyError, match="was made with") as caught:
        search(tmp_path, make_spec(trials=4, **changes), engine=engine)
    assert line in caught.value.message
    assert "--new" in caught.value.hint
    assert engine.epochs_trained == 0


def test_two_loops_on_one_study_are_refused(tmp_path: Path) -> None:
    refused: list[str] = []

    def start_another(snapshot: StudySnapshot, note: str) -> None:
        if not refused:
            with pytest.raises(StudyError, match="Another tuner process") as caught:
                search(tmp_path, make_spec(trials=2))
            refused.append(caught.value.message)

    summary = search(tmp_path, make_spec(trials=2), observer=Watcher(start_another))
    assert summary.status == "finished"
    assert refused


def test_a_result_that_was_not_told_is_told(tmp_path: Path) -> None:
    """A crash between `result.json` and the storage: the trial is not run again."""
    spec = make_spec(trials=4)
    search(tmp_path, spec)
    (tmp_path / "summary.json").unlink()
    study = optuna.load_study(study_name="demo", storage=f"sqlite:///{tmp_path / 'study.db'}")
    trial_id = study.trials[3]._trial_id
    with study._storage._backend.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql(
            f"UPDATE trials SET state = 'RUNNING' WHERE trial_id = {trial_id}"
        )
    engine = ScriptedEngine(rising)
    summary = search(tmp_path, spec, engine=engine)
    assert engine.epochs_trained == 0
    assert len(summary.rows) == 4
    assert (
        optuna.load_study(study_name="demo", storage=f"sqlite:///{tmp_path / 'study.db'}")
        .trials[3]
        .state.is_finished()
    )


def test_a_lost_storage_is_built_again_from_the_folders(tmp_path: Path) -> None:
    spec = make_spec(trials=3)
    before = search(tmp_path, spec)
    (tmp_path / "study.db").unlink()
    engine = ScriptedEngine(rising)
    after = search(tmp_path, make_spec(trials=4), engine=engine)
    assert settings(after)[:3] == settings(before)
    assert engine.epochs_trained == after.rows[3].spec.epochs
    assert settings(after) == settings(search(tmp_path / "whole", make_spec(trials=4)))


def test_a_lost_folder_is_replaced_by_what_the_storage_knows(tmp_path: Path) -> None:
    before = search(tmp_path, make_spec(trials=3))
    shutil.rmtree(tmp_path / "trials" / "0001")
    after = search(tmp_path, make_spec(trials=4))
    assert settings(after)[1] == settings(before)[1]
    assert len(after.rows) == 4


def test_a_storage_of_another_study_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    search(tmp_path / "one", make_spec(trials=1, storage=url))
    with pytest.raises(StudyError, match="holds another study named `demo`"):
        search(tmp_path / "two", make_spec(trials=1, storage=url))


def test_a_lost_model_is_trained_again(tmp_path: Path) -> None:
    spec = make_spec(trials=3)
    first = search(tmp_path, spec)
    shutil.rmtree(tmp_path / "best")
    engine = ScriptedEngine(rising)
    again = search(tmp_path, spec, engine=engine)
    assert again.winner == first.winner
    assert first.winner is not None
    assert engine.epochs_trained == first.winner.spec.epochs
    assert (tmp_path / "best" / "model.json").is_file()
