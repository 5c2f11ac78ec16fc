"""A search whose data, model and engine are chosen: probed, planned, run, and tidied up after."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from diagnostics.judgement import Checkup
from diagnostics.subjects.dataset import Dataset
from tuner.cards import write_study_card
from tuner.data import TaskData
from tuner.data_check import keep_check
from tuner.doctor.host import look_at_host
from tuner.engine import Engine
from tuner.engine_catalogue import open_engine
from tuner.engine_choice import CLUSTER, IN_PROCESS, EngineChoice
from tuner.engine_recipe import EngineRecipe, EngineRequest
from tuner.errors import StudyError
from tuner.opening import (
    check_trainable,
    device_count,
    give_back_device,
    make_engine,
    measure,
)
from tuner.search.budget import StudyClock
from tuner.search.conclusion import read_summary
from tuner.search.folder import StudyFolder, default_environment
from tuner.search.interrupt import StopRequest
from tuner.search.loop import refuse_another_study, run_search
from tuner.search.quote import keep_quote, placed, read_quote
from tuner.study import StudySpec
from tuner.study_plan import engine_line, study_plan
from tuner.study_quote import StudyQuote
from tuner.study_view import StudyObserver, StudyPlan, StudySummary

if TYPE_CHECKING:
    from tuner.training.fine_tune import Workbench
    from tuner.training.probe import Probe

__all__ = ["ReadySearch", "left_as_found", "prepare", "refuse_training", "run_ready_search"]

Clock = Callable[[], float]
NOTHING_LEFT = EngineChoice(name=IN_PROCESS, why="nothing is left to train")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadySearch:
    """A search that is ready to begin.

    Attributes:
        spec: The study.
        directory: Its folder.
        data: The data set.
        bench: Model and encoded data in this process.
        recipe: Makes engines that train it, at any place.
        choice: What runs the trainings.
        checked: What the check of the data found; None without a check.
        notes: What the reader of the plan should know besides, as sentences.
    """

    spec: StudySpec
    directory: Path
    data: TaskData
    bench: Workbench
    recipe: EngineRecipe
    choice: EngineChoice
    checked: Checkup[Dataset] | None
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> StudyFolder:
        """The folder of the study."""
        return StudyFolder(self.directory)


def prepare(ready: ReadySearch, clock: Clock = time.perf_counter) -> Probe | None:
    """Make the folder of a study, or refuse it, and time a few steps before the first trial.

    Args:
        ready: The search.
        clock: By which steps are timed.

    Raises:
        StudyError: The folder holds another study, or cannot be written.
        UsageError: The settings of the trainings cannot be right.
    """
    check_trainable(ready.bench, ready.spec.recipe)
    found = ready.folder.read_description()
    if found is not None:
        refuse_another_study(found[0], ready.spec)
    ready.folder.create()
    keep_check(ready.checked, ready.directory)
    if _ended_trials(ready.folder):
        return None
    return measure(ready.bench, ready.spec.recipe, ready.choice, clock)


def run_ready_search(
    ready: ReadySearch,
    measured: Probe | None,
    observer: StudyObserver,
    clock: Clock = time.monotonic,
) -> StudySummary:
    """Open the engine, show the plan and search.

    Args:
        ready: The search, whose folder is made.
        measured: What `prepare` has measured.
        observer: Who watches.
        clock: By which the study's seconds are counted.

    Raises:
        UsageError: The engine cannot be had: a device, a cluster or an extra is not there.
        StudyError: The folder cannot be written, or another process works on the study.
    """
    here = make_engine(ready.bench, ready.data)
    choice = NOTHING_LEFT if _nothing_left(ready) else ready.choice
    try:
        with contextlib.closing(_open(ready, choice, here)) as engine:
            if choice.name != IN_PROCESS:
                give_back_device(ready.bench)
            plan = _plan(ready, measured, choice, engine)
            if plan.quote is not None:
                keep_quote(ready.directory, plan.quote)
            observer.plan(plan)
            with StopRequest() as stop:
                return run_search(
                    ready.spec,
                    engine,
                    observer,
                    ready.directory,
                    stop=stop,
                    clock=clock,
                    on_finish=lambda summary: write_study_card(ready.spec, ready.data, summary),
                    environment={**default_environment(), "device": ready.bench.device.title},
                )
    finally:
        here.close()


def _open(ready: ReadySearch, choice: EngineChoice, here: Engine) -> Engine:
    request = EngineRequest(
        recipe=ready.recipe,
        here=here,
        folder=ready.directory,
        devices=choice.devices,
        per_device=choice.per_device,
        address=choice.address,
    )
    return open_engine(choice.name, request)


def _plan(
    ready: ReadySearch, measured: Probe | None, choice: EngineChoice, engine: Engine
) -> StudyPlan:
    devices = device_count(choice, engine.slots)
    found = ready.folder.read_description()
    plan = study_plan(
        ready.spec if found is None else ready.spec.going_on_from(found[0]),
        ready.directory,
        ready.data,
        done=_ended_trials(ready.folder),
        longest=int(ready.bench.train.lengths.max()),
        cost=measured.cost if measured else None,
        peak_bytes=measured.peak_bytes if measured else None,
        how=measured.how if measured else "",
        device=_device_title(ready, choice, devices),
        cut_sentences=ready.bench.train.cut_sentences,
        checked=ready.checked,
        engine=engine_line(choice.name, choice.why, engine.slots),
        slots=engine.slots,
        devices=devices,
        memory_available=_memory_available(ready),
        quoted=_said_before(ready, choice, devices, engine.slots),
        elapsed=StudyClock(ready.folder.clock, lambda: 0.0).elapsed,
    )
    further: tuple[str, ...] = getattr(engine, "notes", ())
    return replace(plan, notes=(*plan.notes, *ready.notes, *further))


def _said_before(
    ready: ReadySearch, choice: EngineChoice, devices: int, slots: int
) -> StudyQuote | None:
    """Return the quote of the first start, void where the trainings go on elsewhere."""
    quote = read_quote(ready.directory)
    return quote if quote is None or choice is NOTHING_LEFT else placed(quote, devices, slots)


def _device_title(ready: ReadySearch, choice: EngineChoice, devices: int) -> str:
    """Say where trainings run; a cluster's devices are the engine's to tell."""
    title = ready.bench.device.title
    if choice.name == CLUSTER:
        return ""
    if devices == 1:
        return title
    named = ", ".join(ready.spec.options.devices) or f"{devices} devices"
    return f"{named}; the first is {title}"


def _memory_available(ready: ReadySearch) -> int | None:
    """Return the memory of the device that was measured; None on a cluster, or when unknown."""
    if ready.choice.name == CLUSTER:
        return None
    if ready.bench.device.kind == "cpu":
        return look_at_host(ready.directory).memory_total
    return ready.bench.device.memory_bytes


def _nothing_left(ready: ReadySearch) -> bool:
    """Whether the study has given its answer, so that no worker needs to be started for it."""
    if _ended_trials(ready.folder) < ready.spec.options.trials:
        return False
    summary = read_summary(ready.folder)
    return summary is not None and summary.status != "interrupted"


def _ended_trials(folder: StudyFolder) -> int:
    if not folder.description.is_file():
        return 0
    return sum(run.role == "search" and run.ended for run in folder.runs())


def refuse_training(directory: Path) -> None:
    """Refuse a folder in which `tuner train` has worked.

    Raises:
        StudyError: It holds a single training.
    """
    if (directory / "config.json").is_file():
        raise StudyError(
            f"`{directory}` holds a single training, not a study.",
            "Choose another name with --study.",
        )


@contextlib.contextmanager
def left_as_found(directory: Path) -> Iterator[None]:
    """Remove the folder that was made for a study which could not begin after all."""
    made = [path for path in (directory, *directory.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        if directory in made and not StudyFolder(directory).description.exists():
            shutil.rmtree(directory, ignore_errors=True)
            for parent in made[1:]:
                with contextlib.suppress(OSError):  # somebody else has begun to use it
                    parent.rmdir()
        raise
