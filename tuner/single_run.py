"""One training with a run directory of its own: recorded, resumable, summarised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tuner.engine import Engine, EpochDone, Job, JobRestarted, StepsDone, Verdict
from tuner.errors import StudyError
from tuner.search.documents import read_json, remove_tree, write_json
from tuner.search.folder import StudyFolder
from tuner.search.interrupt import StopRequest
from tuner.search.plain_files import refuse_links
from tuner.search.record import RunRecorder, prepare_run, read_run
from tuner.search.run_record import RunRecord
from tuner.train_view import TrainObserver, TrainResult
from tuner.trial import EpochReport, Scores, TrialOutcome, TrialSpec, TrialState

__all__ = ["claim_run", "run_once", "write_result"]

STOPPED = "Stopped by the user."


@contextmanager
def claim_run(
    runs: Path,
    name: str,
    spec: TrialSpec,
    facts: Mapping[str, Any],
    environment: Mapping[str, Any],
) -> Iterator[RunRecord]:
    """Give a training its folder, and keep other processes out of it.

    Args:
        runs: Folder of all results.
        name: Wanted name; `name-2`, `name-3`, ... follow when it is taken.
        spec: Hyperparameters.
        facts: What `config.json` says beside them: data and model; a training that was cut off
            goes on only when these are the same.
        environment: Library versions and the device.

    Yields:
        The training, whose folder holds its configuration.

    Raises:
        StudyError: The folder cannot be written.
    """
    run = _find_folder(runs, name, spec, facts)
    prepare_run(run, facts, environment)
    with StudyFolder(run.directory).lock():
        yield run


def _find_folder(runs: Path, name: str, spec: TrialSpec, facts: Mapping[str, Any]) -> RunRecord:
    """Find the folder of the same training that was cut off before, else a fresh one."""
    for number in range(1, 10_000):
        folder = runs / (name if number == 1 else f"{name}-{number}")
        fresh = RunRecord(
            key=folder.name, number=0, spec=spec, role="search", origin="train", directory=folder
        )
        if not folder.exists():
            return fresh
        if _was_cut_off(folder, fresh, facts):
            refuse_links(folder)
            return fresh
    raise AssertionError("ten thousand runs of one name")


def _was_cut_off(folder: Path, fresh: RunRecord, facts: Mapping[str, Any]) -> bool:
    try:
        known = read_run(folder) if folder.is_dir() else None
    except StudyError:  # damaged, and not ours to mend
        return False
    if known is None or known.ended or known.spec != fresh.spec:
        return False
    if StudyFolder(folder).is_locked:  # it is not cut off: another process works on it
        return False
    config = read_json(folder / "config.json") or {}
    return all(config.get(name) == value for name, value in facts.items())


def run_once(
    run: RunRecord,
    engine: Engine,
    observer: TrainObserver,
    *,
    has_test: bool,
    stop: StopRequest,
) -> tuple[RunRecord, TrainResult]:
    """Train, record every epoch, score the best one, and summarise.

    Args:
        run: The training, from `claim_run`.
        engine: Where it runs.
        observer: Told about every epoch; `started` and `ended` are the caller's to call.
        has_test: Whether there is a test split to score at the end.
        stop: Asks to stop after the running epoch.

    Raises:
        StudyError: The folder cannot be written.
    """
    recorder = RunRecorder(run.directory)
    engine.start(Job(key=run.key, spec=run.spec, directory=run.directory, resume=True))
    try:
        run = _follow(run, engine, recorder, observer, stop)
    except KeyboardInterrupt:
        engine.close()
        run = replace(run, state=TrialState.INTERRUPTED, reason="Stopped at once.")
    recorder.end(run)
    if run.ended:
        remove_tree(run.directory / "checkpoint")
    return run, _result(run, engine, has_test)


def _follow(
    run: RunRecord,
    engine: Engine,
    recorder: RunRecorder,
    observer: TrainObserver,
    stop: StopRequest,
) -> RunRecord:
    while True:
        message = engine.next_message(0.2)
        if stop.requested:
            engine.interrupt(run.key, STOPPED)  # a trunk's next report can be many epochs away
        if message is None:
            continue
        if isinstance(message, StepsDone):
            observer.progress(message.epochs)
            continue
        if isinstance(message, EpochDone):
            run = replace(run, reports=(*run.reports, message.report))
            _record(run, message.report, recorder, observer)
            halt = Verdict(action="interrupt", reason=STOPPED)
            engine.answer(run.key, halt if stop.requested else Verdict())
            continue
        if isinstance(message, JobRestarted):
            run = replace(run, reports=())
            continue
        return _ended(run, message.outcome, recorder)


def _record(
    run: RunRecord, report: EpochReport, recorder: RunRecorder, observer: TrainObserver
) -> None:
    recorder.epoch(report)
    recorder.save_progress(run)
    observer.epoch(report)


def _ended(run: RunRecord, outcome: TrialOutcome, recorder: RunRecorder) -> RunRecord:
    for event in outcome.events:
        recorder.event(event)
    return replace(run, state=outcome.state, reason=outcome.reason, events=outcome.events)


def _result(run: RunRecord, engine: Engine, has_test: bool) -> TrainResult:
    best = run.best
    folder = run.directory / "best"
    saved = folder if folder.is_dir() and best is not None else None
    finished = run.state is TrialState.FINISHED
    test = engine.evaluate(saved, "test") if saved and finished and has_test else None
    return TrainResult(
        name=run.key,
        directory=run.directory,
        state=run.state,
        reason=run.reason,
        reports=run.reports,
        best_epoch=best.epoch if best else None,
        dev=best.scores if best else None,
        test=_light(test),
        best_directory=saved,
    )


def _light(scores: Scores | None) -> Scores | None:
    return None if scores is None else replace(scores, counts=None)


def write_result(result: TrainResult) -> None:
    """Write `summary.json` of a single training."""
    write_json(result.directory / "summary.json", result)
