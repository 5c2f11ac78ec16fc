"""Several trainings at once: the exact number of trials, crashes, interruption, pruning, replay."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from tests.tuner.search.studies import RECIPE, FakeClock, Watcher, make_spec, peak, rising, search
from tests.tuner.search.test_loop import stored_trials
from tuner.engine import Message
from tuner.engines.scripted import ScriptedEngine, Step
from tuner.errors import StudyError
from tuner.search.completion_order import CompletionOrder, OrderStep, read_order
from tuner.search.documents import read_json, write_json
from tuner.search.interrupt import StopRequest
from tuner.search.progress import read_progress
from tuner.search.replay import replay
from tuner.search.session import Session
from tuner.study import StudySpec
from tuner.study_view import StudySnapshot, StudySummary
from tuner.trial import TrialOutcome, TrialSpec, TrialState

pytestmark = pytest.mark.long

SLOTS = 4
RUNNING = TrialState.RUNNING


def four_slots(**options: object) -> ScriptedEngine:
    return ScriptedEngine(rising, slots=SLOTS, **options)  # type: ignore[arg-type]


class Crash(BaseException):
    """What a kill looks like to the loop: nothing is tidied up."""


class Crashing(ScriptedEngine):
    """Breaks off after so many epochs, with whatever runs then."""

    most = 10

    def next_message(self, timeout: float) -> Message | None:
        if self.epochs_trained >= self.most:
            raise Crash
        return super().next_message(timeout)


def running(snapshot: StudySnapshot) -> int:
    return sum(row.state is RUNNING for row in snapshot.rows)


def test_exactly_the_asked_number_of_trials_four_at_a_time(tmp_path: Path) -> None:
    observer = Watcher()
    summary = search(tmp_path, make_spec(trials=7), engine=four_slots(), observer=observer)
    assert [row.number for row in summary.rows] == list(range(7))
    assert {row.state for row in summary.rows} == {TrialState.FINISHED}
    assert max(map(running, observer.snapshots)) == SLOTS
    assert len(stored_trials(tmp_path)) == 7
    assert (tmp_path / "best" / "model.json").is_file()
    assert not list(tmp_path.glob("trials/*/best"))


def test_fewer_trials_than_slots(tmp_path: Path) -> None:
    summary = search(tmp_path, make_spec(trials=2), engine=four_slots())
    assert [row.number for row in summary.rows] == [0, 1]


def test_confirming_runs_go_side_by_side_too(tmp_path: Path) -> None:
    observer = Watcher()
    spec = make_spec(trials=5, confirm=2)
    summary = search(tmp_path, spec, engine=four_slots(), observer=observer)
    confirming = [shot for shot in observer.snapshots if shot.phase == "confirm"]
    assert max(map(running, confirming)) > 1
    reruns = Counter(row.key for row in summary.rows if row.origin == "confirm")
    assert set(reruns.values()) == {1}
    assert summary.winner is not None
    assert len(summary.winner.seeds) == 3


def test_a_crash_with_four_running_loses_none_and_counts_none_twice(tmp_path: Path) -> None:
    spec = make_spec(trials=9)
    with pytest.raises(Crash):
        search(tmp_path, spec, engine=Crashing(rising, slots=SLOTS))
    states = [read_json(path) for path in tmp_path.glob("trials/*/result.json")]
    assert len(list(tmp_path.glob("trials/*"))) - len(states) == SLOTS
    engine = four_slots()
    summary = search(tmp_path, spec, engine=engine)
    assert [row.number for row in summary.rows] == list(range(9))
    assert {row.state for row in summary.rows} == {TrialState.FINISHED}
    assert all(trial.state.is_finished() for trial in stored_trials(tmp_path))
    planned = sum(row.spec.epochs for row in summary.rows)
    assert engine.epochs_trained == planned - Crashing.most, "an epoch was trained twice"


def test_what_four_slots_left_one_slot_takes_up(tmp_path: Path) -> None:
    spec = make_spec(trials=6)
    with pytest.raises(Crash):
        search(tmp_path, spec, engine=Crashing(rising, slots=SLOTS))
    summary = search(tmp_path, spec, engine=ScriptedEngine(rising))
    assert [row.number for row in summary.rows] == list(range(6))


def test_an_interruption_waits_for_the_running_epochs_and_keeps_all_checkpoints(
    tmp_path: Path,
) -> None:
    stop = StopRequest()

    def press(snapshot: StudySnapshot, note: str) -> None:
        if running(snapshot) == SLOTS and "epoch 1" in note:
            stop.request()

    observer = Watcher(press)
    spec = make_spec(trials=9)
    summary = search(tmp_path, spec, engine=four_slots(), observer=observer, stop=stop)
    assert summary.status == "interrupted"
    cut_off = [row for row in summary.rows if row.state is TrialState.INTERRUPTED]
    assert len(cut_off) == SLOTS
    assert all((tmp_path / "trials" / row.key / "checkpoint").is_dir() for row in cut_off)
    again = search(tmp_path, spec, engine=four_slots())
    assert [row.number for row in again.rows] == list(range(9))
    assert again.status == "finished"


def test_the_message_of_an_interruption_counts_the_running(tmp_path: Path) -> None:
    stop = StopRequest()

    class Slow(ScriptedEngine):
        asked = False

        def next_message(self, timeout: float) -> Message | None:
            if stop.requested and not self.asked:
                self.asked = True
                return None
            return super().next_message(timeout)

    def press(snapshot: StudySnapshot, note: str) -> None:
        if running(snapshot) == SLOTS:
            stop.request()

    observer = Watcher(press)
    search(
        tmp_path, make_spec(trials=9), engine=Slow(rising, slots=4), observer=observer, stop=stop
    )
    assert any("the running epochs are finished and saved" in note for note in observer.notes)


def test_stopped_at_once_with_four_running(tmp_path: Path) -> None:
    class Impatient(Crashing):
        def next_message(self, timeout: float) -> Message | None:
            try:
                return super().next_message(timeout)
            except Crash:
                raise KeyboardInterrupt from None

    spec = make_spec(trials=7)
    summary = search(tmp_path, spec, engine=Impatient(rising, slots=SLOTS))
    assert sum(row.state is TrialState.INTERRUPTED for row in summary.rows) == SLOTS
    again = search(tmp_path, spec, engine=four_slots())
    assert [row.number for row in again.rows] == list(range(7))


def falls_behind(spec: TrialSpec) -> list[float]:
    """The recipe and its kin do well; all others stay far below at every progress."""
    level = 0.9 if spec.learning_rate == RECIPE.learning_rate else 0.3 + peak(spec) / 10
    return [level * (0.9 + 0.1 * (epoch + 1) / spec.epochs) for epoch in range(spec.epochs)]


def test_hopeless_trials_are_pruned_beside_others(tmp_path: Path) -> None:
    good = tuple(replace(RECIPE, batch_size=size) for size in (4, 8))
    spec = make_spec(trials=16, prune=True, start_points=good)
    engine = ScriptedEngine(falls_behind, slots=SLOTS)
    summary = search(tmp_path, spec, engine=engine)
    pruned = [row for row in summary.rows if row.state is TrialState.PRUNED]
    assert pruned
    assert summary.audit.epochs_saved > 0
    assert summary.winner is not None
    assert summary.winner.spec.learning_rate == RECIPE.learning_rate


def test_one_that_does_not_fit_leaves_its_slot_to_the_next(tmp_path: Path) -> None:
    def curve(spec: TrialSpec) -> list[Step]:
        if spec.batch_size == 32:
            return [TrialOutcome(state=TrialState.INFEASIBLE, reason="needs 90 of 80 GiB")]
        return list(rising(spec))

    spec = make_spec(trials=8, start_points=(replace(RECIPE, batch_size=32),))
    summary = search(tmp_path, spec, engine=ScriptedEngine(curve, slots=SLOTS))
    assert summary.rows[1].state is TrialState.INFEASIBLE
    assert len(summary.rows) == 8
    assert summary.status == "finished"


def test_an_exhausted_space_is_asked_for_once_per_free_slot_not_per_message(
    tmp_path: Path,
) -> None:
    from tuner.space import Choice, SearchSpace

    space = SearchSpace(parameters={"batch_size": Choice(values=(4, 8, 16))}, reasons={})
    spec = make_spec(trials=9, space=space)
    summary = search(tmp_path, spec, engine=four_slots())
    assert len(summary.rows) == 3
    assert sum("Every setting" in warning for warning in summary.warnings) == 1


def test_the_time_left_counts_the_slots(tmp_path: Path) -> None:
    observer = Watcher()
    engine = ScriptedEngine(
        lambda spec: [0.5] * spec.epochs, slots=SLOTS, delay=10.0, sleep=lambda _: None
    )
    search(tmp_path, make_spec(trials=8), engine=engine, observer=observer)
    first = next(left for shot in observer.snapshots if (left := shot.remaining) is not None)
    # About eight trials of 4 epochs of 10 s on four slots: two rounds.
    assert 60.0 <= first <= 110.0
    late = [shot for shot in observer.snapshots if shot.finished == 7 and running(shot) == 1]
    assert late
    last = next(row for row in late[-1].rows if row.state is RUNNING)
    expected = 10.0 * (last.spec.epochs - last.epoch)
    assert late[-1].remaining == pytest.approx(expected), "three idle slots do not help the last"


def test_a_machine_that_pauses_makes_no_forecast_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = itertools.count(step=0.5)
    clock = SimpleNamespace(monotonic=lambda: next(pauses))
    monkeypatch.setattr(sys.modules[Session.__module__], "time", clock)
    observer = Watcher()
    engine = ScriptedEngine(
        lambda spec: [0.5] * spec.epochs, slots=1, delay=10.0, sleep=lambda _: None
    )
    search(tmp_path, make_spec(trials=3), engine=engine, observer=observer)
    last = [shot for shot in observer.snapshots if shot.finished == 2 and running(shot) == 1]
    left = [shot.remaining for shot in last]
    epochs = last[-1].rows[-1].spec.epochs
    assert left[-epochs:] == pytest.approx([10.0 * n for n in reversed(range(epochs))])


def test_the_order_is_recorded_and_each_trial_says_what_was_known(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=7), engine=four_slots())
    steps = read_order(tmp_path)
    assert [step.number for step in steps if step.kind == "asked"] == list(range(7))
    assert sorted(step.number for step in steps if step.kind == "ended") == list(range(7))
    assert [step.kind for step in steps[:SLOTS]] == ["asked"] * SLOTS
    ended = 0
    for step in steps:
        if step.kind == "ended":
            ended += 1
            continue
        config = read_json(tmp_path / "trials" / f"{step.number:04d}" / "config.json")
        assert config["asked_after"] == ended


@pytest.mark.parametrize(("sampler", "trials"), [("tpe", 9), ("gp", 6)])
def test_a_study_with_four_slots_can_be_replayed(tmp_path: Path, sampler: str, trials: int) -> None:
    spec = make_spec(trials=trials, sampler=sampler, prune=True)
    search(tmp_path, spec, engine=four_slots())
    again = replay(tmp_path)
    assert again.is_same
    assert again.asked == trials


def crashed_and_finished(directory: Path, spec: StudySpec) -> None:
    for most in (3, 6):
        engine = Crashing(rising, slots=SLOTS)
        engine.most = most
        with pytest.raises(Crash):
            search(directory, spec, engine=engine)
    search(directory, spec, engine=four_slots())


def test_a_study_that_crashed_can_be_replayed(tmp_path: Path) -> None:
    crashed_and_finished(tmp_path, make_spec(trials=8, sampler="tpe"))
    assert replay(tmp_path).is_same


@pytest.mark.parametrize("kind", ["asked", "ended"])
def test_a_step_that_a_crash_kept_from_being_recorded_is_recorded_later(
    tmp_path: Path, kind: Literal["asked", "ended"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop dies between what it did and the line that says so."""

    def dies(order: CompletionOrder, step: OrderStep) -> None:
        if step == OrderStep(kind=kind, number=4):
            raise Crash
        recorded(order, step)

    spec = make_spec(trials=7, sampler="tpe")
    recorded = CompletionOrder._append
    monkeypatch.setattr(CompletionOrder, "_append", dies)
    with pytest.raises(Crash):
        search(tmp_path, spec, engine=four_slots())
    monkeypatch.undo()
    with (tmp_path / "order.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"asked": ')
    assert OrderStep(kind=kind, number=4) not in read_order(tmp_path)
    search(tmp_path, spec, engine=four_slots())
    assert OrderStep(kind=kind, number=4) in read_order(tmp_path)
    assert replay(tmp_path).is_same


def test_a_replay_tells_the_first_trial_that_differs(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=6, sampler="tpe"), engine=four_slots())
    config = tmp_path / "trials" / "0005" / "config.json"
    write_json(config, {**read_json(config), "learning_rate": 5.5e-4})
    differs = replay(tmp_path)
    assert not differs.is_same
    assert differs.number == 5
    assert differs.recorded is not None
    assert differs.recorded.learning_rate == 5.5e-4
    assert differs.suggested is not None
    assert differs.suggested.learning_rate != 5.5e-4


def test_a_study_without_an_order_is_not_replayed(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=2))
    (tmp_path / "order.jsonl").unlink()
    with pytest.raises(StudyError, match="cannot be replayed"):
        replay(tmp_path)


def test_progress_is_left_for_whoever_watches(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=3), engine=four_slots())
    progress = read_progress(tmp_path)
    assert progress is not None
    assert progress.note
    (tmp_path / "progress.json").write_text("[]", encoding="utf-8")
    assert read_progress(tmp_path) is None


def test_progress_that_cannot_be_written_does_not_end_the_study(tmp_path: Path) -> None:
    (tmp_path / "progress.json").mkdir()
    assert search(tmp_path, make_spec(trials=2), engine=four_slots()).status == "finished"


def contenders_of(summary: StudySummary) -> list[int]:
    """The numbers of the four best trials."""
    searched = [row for row in summary.rows if row.origin != "confirm" and row.score is not None]
    ranked = sorted(searched, key=lambda row: -(row.score or 0.0))
    return [row.number for row in ranked[:4]]


def test_runs_that_found_no_room_are_counted_once_with_four_slots(tmp_path: Path) -> None:
    """Each free slot asks anew, and what did not fit beside others may fit after them."""
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        clock.advance(seconds / SLOTS)  # four go on in the time of one

    engine = ScriptedEngine(rising, slots=SLOTS, delay=10.0, sleep=sleep)
    spec = make_spec(trials=5, confirm=6, contenders=4, time_budget=160.0)
    summary = search(tmp_path, spec, engine=engine, clock=clock)
    said = [warning for warning in summary.warnings if "left no room" in warning]
    assert len(said) == 1
    done = sum(row.origin == "confirm" and row.state.value == "finished" for row in summary.rows)
    wanted = 6 * len({0, *contenders_of(summary)})
    assert f"no room for {wanted - done} of" in said[0]
