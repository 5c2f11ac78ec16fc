"""What a shared study asked for, asked again: from its log in the database, or from a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from tuner.errors import StudyError
from tuner.search.completion_order import OrderStep
from tuner.search.optuna_shared_sampling import SharedSampler
from tuner.search.run_record import RunRecord
from tuner.search.sampling import Asked
from tuner.search.shared.facts import StudyFacts
from tuner.search.shared.reading import read_log
from tuner.search.shared.records import settings_of
from tuner.search.shared.training import Training
from tuner.study import SAMPLERS, Sampler, StudySpec, spec_from_json
from tuner.trial import TrialSpec
from tuner.values import from_plain, to_plain

__all__ = ["SharedRecord", "asked_again", "recorded_in_folder", "recorded_in_storage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRecord:
    """What is known of the trials of a shared study.

    Attributes:
        spec: The study.
        steps: In which order its trials were asked for and ended.
        trials: Its trials by number, as the log knows them.
    """

    spec: StudySpec
    steps: Sequence[OrderStep]
    trials: Mapping[int, Training]

    def settings(self, number: int) -> TrialSpec:
        """Return what a trial tried.

        Raises:
            StudyError: That is not known.
        """
        training = self.trials.get(number)
        if training is None or training.settings is None:
            raise StudyError(
                f"Trial {number} was asked for, but what it tried is not known here.",
                "The database that the processes share has it: --storage URL.",
            )
        return from_plain(TrialSpec, training.settings["spec"])


def recorded_in_storage(url: str, name: str) -> SharedRecord:
    """Read a shared study from the database, its folders not needed. Nothing is written there.

    Raises:
        UsageError: The storage cannot be used; it says what was tried and how to test it.
        StudyError: It holds no such study, or one that was not written by this program.
    """
    facts = StudyFacts()
    facts.apply(read_log(url, name))
    try:
        described: Any = facts.study
        spec = spec_from_json(described["spec"])
        trials = {one.number: one for one in facts.trainings.values() if one.is_trial}
        record = SharedRecord(spec=spec, steps=tuple(facts.order), trials=trials)
        for step in record.steps:
            if step.kind == "asked":
                record.settings(step.number)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(
            f"The study `{name}` in the storage was not written by tuner: {error!r}.",
            "Name another study, or another storage.",
        ) from error
    return record


def recorded_in_folder(
    spec: StudySpec, steps: Sequence[OrderStep], runs: Mapping[int, RunRecord]
) -> SharedRecord:
    """Return what the folder of a process holds of a shared study, its weights not needed."""
    trials = {number: _training(run) for number, run in runs.items()}
    return SharedRecord(spec=spec, steps=steps, trials=trials)


def asked_again(record: SharedRecord) -> Iterator[tuple[int, Asked | None]]:
    """Yield each trial that was asked for, and what the sampler suggests for it now.

    Raises:
        StudyError: What the sampler had seen was not recorded.
    """
    view = _View(record)
    for place, step in enumerate(record.steps):
        if step.kind == "asked":
            if step.seen is None:
                raise StudyError(
                    f"What was known when trial {step.number} was asked for was not recorded.",
                    "Shared studies of this version record it; older ones cannot be replayed.",
                )
            yield step.number, view.suggest(step, min(step.seen, place))


class _View:
    """What a process knew after so many steps, and the samplers that it asks.

    Processes see the steps of others at different times, so the next suggestion may have known
    less than the one before. Then everything is built anew: samplers keep what they were shown.
    """

    def __init__(self, record: SharedRecord) -> None:
        self._record = record
        self._known = 0
        self._facts = StudyFacts()
        self._samplers: dict[tuple[str | None, int], SharedSampler] = {}

    def suggest(self, step: OrderStep, seen: int) -> Asked | None:
        if seen < self._known:
            self._known, self._facts, self._samplers = 0, StudyFacts(), {}
        for known in self._record.steps[self._known : seen]:
            self._take_note(known)
        self._known = seen
        found = self._sampler(step).suggest(self._facts, step.number, again=step.again)
        if found is None:
            return None
        return Asked(number=step.number, spec=found[0], origin=found[1])

    def _take_note(self, step: OrderStep) -> None:
        if step.kind == "asked":
            self._record.settings(step.number)
        training = self._record.trials.get(step.number)
        if training is not None and training.settings is not None:
            result = training.result if step.kind == "ended" else None
            self._facts.trainings[training.key] = replace(training, result=result)

    def _sampler(self, step: OrderStep) -> SharedSampler:
        usual = self._record.spec.options
        sampler = step.sampler if step.sampler in SAMPLERS else usual.sampler
        seed = usual.seed if step.seed is None else step.seed
        known = self._samplers.get((sampler, seed))
        if known is None:
            options = replace(usual, sampler=cast(Sampler, sampler), seed=seed)
            known = SharedSampler(replace(self._record.spec, options=options))
            self._samplers[sampler, seed] = known
        return known


def _training(run: RunRecord) -> Training:
    reports = [to_plain(report) for report in run.reports]
    result = {"state": run.state.value, "reason": run.reason, "reports": reports}
    return Training(
        key=run.key,
        number=run.number,
        owner=None,
        last_owner="",
        settings=settings_of(run),
        result=result if run.ended else None,
    )
