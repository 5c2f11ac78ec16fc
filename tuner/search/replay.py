"""Asks the sampler again, in the order of a study, whether it suggests the same trials."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tuner.errors import StudyError
from tuner.search.completion_order import OrderStep, read_order
from tuner.search.run_record import RunRecord
from tuner.search.sampling import Asked
from tuner.search.shared.url import is_shared
from tuner.search.study_record import RUNS, StudyRecord, load_study
from tuner.study import StudySpec
from tuner.trial import TrialSpec

__all__ = ["Replay", "replay", "replay_shared"]

Suggestions = Iterator[tuple[int, Asked | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What asking again gave.

    Attributes:
        asked: How many trials were asked for again, up to and with the first that differs.
        number: Number of the first trial that came out differently, or None.
        recorded: What the study tried there, or None.
        suggested: What the sampler suggests now; None where nothing differs, or where it has
            nothing left to suggest.
    """

    asked: int
    number: int | None = None
    recorded: TrialSpec | None = None
    suggested: TrialSpec | None = None

    @property
    def is_same(self) -> bool:
        """Whether every suggestion was the same."""
        return self.number is None


def replay(study: str | Path, runs: str | Path = RUNS) -> Replay:
    """Replay a study: every suggestion again, from the trials that were known when it was asked.

    Nothing is trained and the study is not changed. The suggestions are those of the installed
    version of Optuna; a study of one process is asked with the options that it has now, one of
    several processes as each of them asked.

    Args:
        study: Folder of the study, or its name in `runs`.
        runs: Where studies are kept.

    Raises:
        StudyError: There is no such study, it cannot be read, or its order was not recorded.
    """
    record = load_study(study, runs)
    steps, shared = read_order(record.directory), is_shared(record.spec.options.storage)
    if not steps:
        hint = "Studies of this version record it in `order.jsonl` from their first trial on."
        if shared:
            hint = "A process writes it when it ends; the database has it: --storage URL."
        raise StudyError(
            f"`{record.directory}` holds no order of its trials, so it cannot be replayed.", hint
        )
    trials = _trials(record)
    if not shared:
        suggestions = _asked_alone(record.spec, steps, trials)
        return _compared(suggestions, lambda number: trials[number].spec)
    from tuner.search.shared.replaying import asked_again, recorded_in_folder

    known = recorded_in_folder(record.spec, steps, trials)
    return _compared(asked_again(known), known.settings)


def replay_shared(name: str, storage: str) -> Replay:
    """Replay a study of several processes from the database alone, whoever is left of them.

    Args:
        name: Name of the study.
        storage: The database that the processes share, as `tuner search --storage` takes it.

    Raises:
        UsageError: The storage cannot be used.
        StudyError: It holds no such study, or one whose order was not recorded.
    """
    from tuner.search.shared.replaying import asked_again, recorded_in_storage

    known = recorded_in_storage(storage, name)
    return _compared(asked_again(known), known.settings)


def _compared(suggestions: Suggestions, recorded: Callable[[int], TrialSpec]) -> Replay:
    asked = 0
    for number, again in suggestions:
        asked += 1
        tried = recorded(number)
        if again is None or (again.number, again.spec) != (number, tried):
            suggested = None if again is None else again.spec
            return Replay(asked=asked, number=number, recorded=tried, suggested=suggested)
    return Replay(asked=asked)


def _trials(record: StudyRecord) -> dict[int, RunRecord]:
    return {run.number: run for run in record.runs if run.role == "search"}


def _asked_alone(
    spec: StudySpec, steps: Iterable[OrderStep], trials: dict[int, RunRecord]
) -> Suggestions:
    """Yield what a study of one process asked for, and what its sampler suggests now."""
    from tuner.search.optuna_bridge import OptunaBridge

    spec = replace(spec, options=replace(spec.options, storage=None))
    with tempfile.TemporaryDirectory(prefix="tuner-replay-") as folder:
        bridge = OptunaBridge(spec, f"sqlite:///{folder}/study.db", "replay")
        try:
            for step in steps:
                run = trials.get(step.number)
                if run is None:
                    raise StudyError(
                        f"Trial {step.number} was {step.kind}, but its folder is gone.",
                        "A study is replayed from the folders of all its trials.",
                    )
                if step.kind == "ended":
                    bridge.tell(run)
                else:
                    yield run.number, bridge.ask()
        finally:
            bridge.close()
