"""The trials of a study that several processes share: asked for, claimed, told.

It does for a shared study what `OptunaBridge` does for a study of one process. A trial is begun in
three steps, so that the sampler thinks while nothing is locked: Optuna gives a number; the log
accepts it, unless all trials asked for were begun meanwhile; the sampler's suggestion is accepted,
unless another process tries the same, and is drawn anew otherwise.
"""

from __future__ import annotations

import json
from typing import Any

from tuner.search.optuna_mirror import OptunaMirror
from tuner.search.optuna_shared_sampling import SharedSampler
from tuner.search.run_record import RunRecord, search_key
from tuner.search.sampling import Asked
from tuner.search.shared.patience import Patience
from tuner.search.shared.records import failed_result, result_of, settings_of
from tuner.search.shared.study import SharedStudy
from tuner.search.shared.training import Training
from tuner.study import StudySpec
from tuner.trial import TrialSpec
from tuner.values import to_plain

__all__ = ["SharedBridge"]

MOST_SUGGESTIONS = 100
LOST = "another process took it over while this one gave no sign of life"


class SharedBridge:
    """Keeps the trials of a shared study.

    Args:
        spec: The study.
        shared: This process's part in it.
        mirror: Optuna's view of it.
        patience: Repeats what fails while the storage is away.
    """

    def __init__(
        self, spec: StudySpec, shared: SharedStudy, mirror: OptunaMirror, patience: Patience
    ) -> None:
        self.shared = shared
        self.patience = patience
        self._spec = spec
        self._mirror = mirror
        self._sampler = SharedSampler(spec)

    @property
    def limit(self) -> int:
        """How many trials there shall be in all: the most that anybody who is there asked for."""
        own = self._spec.options.trials
        more = (process.limit for process in self.shared.present(limit_above=own))
        return max((own, *more))

    def ask(self, limit: int) -> Asked | None:
        """Begin a new trial; None when all were begun, or every setting of the space was tried."""
        number = self._begin(limit)
        return None if number is None else self.settle(number)

    def settle(self, number: int) -> Asked | None:
        """Choose what a trial of this process tries; None when every setting was tried."""
        key = search_key(number)
        for suggestion in range(MOST_SUGGESTIONS):
            asked = self._how_asked(again=suggestion > 0)
            found = self._sampler.suggest(self.shared.facts, number, again=suggestion > 0)
            if found is None:
                break
            spec, origin = found
            params = self._sampler.params(spec)
            settings = {"spec": to_plain(spec), "role": "search", "origin": origin}
            setting = json.dumps(dict(sorted(params.items())))
            if self.shared.append("settle", key=key, setting=setting, settings=settings, **asked):
                self._enter(number, params, spec, origin)
                return Asked(number=number, spec=spec, origin=origin)
            if not self.shared.is_mine(key):
                return None
        self.shared.append("exhaust", key=key)
        return None

    def _how_asked(self, *, again: bool) -> dict[str, Any]:
        """Return what the suggestion depends on beside the study, so that it can be replayed."""
        options, seen = self._spec.options, len(self.shared.facts.order)
        return {"seen": seen, "again": again, "sampler": options.sampler, "seed": options.seed}

    def claim(self, run: RunRecord, role: str = "confirm") -> bool:
        """Take a piece of work other than a trial, unless another process has it."""
        known = self.shared.facts.trainings.get(run.key)
        return self.shared.append(
            "claim",
            key=run.key,
            number=run.number,
            settings={**settings_of(run), "role": role},
            attempt=1 if known is None else known.attempt + 1,
            dead=None,
            home=1 if known is None else known.home,
        )

    def report(self, number: int, epoch: int, score: float) -> None:
        """Store the score of an epoch, so that a dashboard draws the curve."""
        self.patience(lambda: self._mirror.report(number, epoch, score))

    def tell(self, run: RunRecord) -> bool:
        """Store how a training ended; False when it no longer belongs to this process."""
        if not self.shared.is_mine(run.key):
            return False
        attempt = self.shared.facts.trainings[run.key].attempt
        counts = self.shared.append("end", key=run.key, attempt=attempt, result=result_of(run))
        if counts and run.role == "search":
            self.patience(lambda: self._mirror.finish(run))
        return counts

    def bury(self, training: Training, *, epochs: int = 0) -> bool:
        """Fail a training over which as many processes died as may; True when it has failed.

        Args:
            training: One of `SharedStudy.abandoned`.
            epochs: How many of its epochs were kept; a death after new ones does not count.
        """
        if epochs > training.epochs:
            return False
        times = {2: "twice"}.get(training.deaths + 1, f"{training.deaths + 1} times")
        return self.shared.bury(training, failed_result(f"the process that ran it died {times}"))

    def release(self, key: str) -> None:
        """Give up a training of this process; another may go on with it."""
        if self.shared.is_mine(key):
            self.shared.append("release", key=key)

    def mend(self, runs: tuple[RunRecord, ...]) -> None:
        """Bring Optuna's view up to date after crashes: tell it about trials that have ended."""
        running = self.patience(self._mirror.unfinished)
        for run in runs:
            if run.ended and run.number in running:
                self.patience(lambda run=run: self._mirror.finish(run))  # type: ignore[misc]

    def importances(self) -> dict[str, float]:
        """Return each searched hyperparameter's share in the variation of the score."""
        return self._sampler.importances(self.shared.facts)

    def _begin(self, limit: int) -> int | None:
        while not self._all_begun(limit):
            number = self.patience(self._mirror.reserve)
            if number >= limit:
                self.patience(lambda number=number: self._mirror.set_aside(number))  # type: ignore[misc]
                return self._begin_left_over(limit)
            if self.shared.append("begin", number=number, limit=limit):
                return number
        return None

    def _begin_left_over(self, limit: int) -> int | None:
        """Begin a trial whose number was given to a process that died before it could use it."""
        for number in range(limit):
            if self._all_begun(limit):
                return None
            known = search_key(number) in self.shared.facts.trainings
            if not known and self.shared.append("begin", number=number, limit=limit):
                return number
        return None

    def _all_begun(self, limit: int) -> bool:
        return self.shared.facts.begun >= limit or self.shared.facts.is_exhausted

    def _enter(self, number: int, params: dict[str, Any], spec: TrialSpec, origin: str) -> None:
        process = f"{self.shared.process.host}, {self.shared.process.folder}"
        facts = {"origin": origin, "spec": to_plain(spec), "process": process}
        distributions = self._sampler.distributions
        self.patience(lambda: self._mirror.settle(number, params, distributions, facts))
