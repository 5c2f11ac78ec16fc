"""A classification report that waits for the evaluation whose scores it breaks down."""

from __future__ import annotations

from diagnostics.readers._printed_points import Point
from diagnostics.readers._printed_tables import ClassificationReport
from diagnostics.readers._training_record import TrainingRecord

__all__ = ["HeldReport"]

_ROUNDING = 0.0061
"""How far a score with two decimals may be from the same score in full."""

_UNSURE = "The classification report after the training may be of another split."
_ALONE = "Only a classification report was found; it tells of no epoch."


class HeldReport:
    """Keeps the last report until an evaluation with the same scores, or the end, comes."""

    def __init__(self) -> None:
        self._report: ClassificationReport | None = None

    def take(self, report: ClassificationReport, record: TrainingRecord) -> None:
        """Take a new report; the evaluation before it may be its own."""
        self._report = report
        self.match(record)

    def drop(self) -> None:
        """Forget the report: what comes is about another training."""
        self._report = None

    def match(self, record: TrainingRecord) -> None:
        """Give the last evaluation its scores per type, if the report's averages are its own."""
        last = _last(record)
        if self._report is None or last is None:
            return
        near = [
            abs(last.scores[name] - value) < _ROUNDING
            for name, value in self._report.overall.items()
            if name in last.scores and name in ("f1", "accuracy")
        ]
        if near and all(near):
            last.per_type = dict(self._report.per_type)
            self._report = None

    def settle(self, record: TrainingRecord) -> None:
        """Give the report to the last evaluation after all: the log is at its end."""
        report, self._report = self._report, None
        if report is None:
            return
        last = _last(record)
        if last is not None and not last.per_type:
            record.note(_UNSURE)
            last.per_type = dict(report.per_type)
        elif not record.has_rows and report.overall:
            record.note(_ALONE)
            point = Point(scores=dict(report.overall), per_type=dict(report.per_type))
            record.points.append(point)


def _last(record: TrainingRecord) -> Point | None:
    """Return the last point with scores on the development split."""
    last = record.points[-1] if record.points else None
    return last if last is not None and last.scores else None
