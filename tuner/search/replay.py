"""Asks the sampler again, in the order of a study, whether it suggests the same trials."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from tuner.errors import StudyError
from tuner.search.completion_order import OrderStep, read_order
from tuner.search.run_record import RunRecord
from tuner.search.study_record import RUNS, StudyRecord, load_study
from tuner.study import StudySpec
from tuner.trial import TrialSpec

__all__ = ["Replay", "replay"]


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
    version of Optuna with the options that the study has now.

    Args:
        study: Folder of the study, or its name in `runs`.
        runs: Where studies are kept.

    Raises:
        StudyError: There is no such study, it cannot be read, or its order was not recorded.
    """
    record = load_study(study, runs)
    steps = read_order(record.directory)
    if not steps:
        raise StudyError(
            f"`{record.directory}` holds no order of its trials, so it cannot be replayed.",
            "Studies of this version record it in `order.jsonl` from their first trial on.",
        )
    return _replayed(_in_memory(record.spec), steps, _trials(record))


def _trials(record: StudyRecord) -> dict[int, RunRecord]:
    return {run.number: run for run in record.runs if run.role == "search"}


def _in_memory(spec: StudySpec) -> StudySpec:
    return replace(spec, options=replace(spec.options, storage=None))


def _replayed(
    spec: StudySpec, steps: tuple[OrderStep, ...], trials: dict[int, RunRecord]
) -> Replay:
    from tuner.search.optuna_bridge import OptunaBridge

    asked = 0
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
                    continue
                again = bridge.ask()
                asked += 1
                if again is None or (again.number, again.spec) != (run.number, run.spec):
                    return Replay(
                        asked=asked,
                        number=run.number,
                        recorded=run.spec,
                        suggested=None if again is None else again.spec,
                    )
        finally:
            bridge.close()
    return Replay(asked=asked)
