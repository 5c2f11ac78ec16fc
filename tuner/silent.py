"""Observers that show nothing: what the Python interface uses when none is given."""

from __future__ import annotations

from tuner.study_view import StudyPlan, StudySnapshot, StudySummary
from tuner.train_view import RunFacts, TrainResult
from tuner.trial import EpochReport

__all__ = ["SilentStudy", "SilentTraining"]


class SilentStudy:
    """Watches a search and says nothing."""

    def plan(self, plan: StudyPlan) -> None:
        """Ignore the plan."""

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        """Ignore what happened."""

    def tick(self, snapshot: StudySnapshot) -> None:
        """Ignore the time."""

    def finish(self, summary: StudySummary) -> None:
        """Ignore the end."""


class SilentTraining:
    """Watches a training and says nothing."""

    def started(self, run: RunFacts) -> None:
        """Ignore the start."""

    def epoch(self, report: EpochReport) -> None:
        """Ignore an epoch."""

    def progress(self, epochs: float) -> None:
        """Ignore the steps."""

    def ended(self, result: TrainResult) -> None:
        """Ignore the end."""
