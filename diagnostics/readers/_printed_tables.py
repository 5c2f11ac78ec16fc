"""Tables that trainings print: the progress table of a notebook, and classification reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from diagnostics.readers._literal_mapping import number
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._scores import scores_of

__all__ = ["ClassificationReport", "ProgressTable", "conlleval_type"]

_COLUMN = re.compile(
    r"(?:training|train|validation|valid|eval|val)[ _]loss|model preparation time|rouge\w{0,8}"
    r"|[A-Za-z_][\w%/-]{0,40}",
    re.IGNORECASE,
)
_TRAINING_LOSS = ("training_loss", "train_loss")
_VALIDATION_LOSS = ("validation_loss", "valid_loss", "eval_loss", "val_loss")
_NO_HEADING = re.compile(r"[02-9|:={(]")
"""What stands in rows and sentences; the headings hold no figure but that of F1."""

_NO_LOG = re.compile(r"no log", re.IGNORECASE)
_MOST_COLUMNS = 60
_HEADING = ["precision", "recall", "f1-score", "support"]
_CONLLEVAL = re.compile(
    r"^\s*([^\s:]{1,60}):\s{0,9}precision:\s{0,9}([\d.]{1,9})%;\s{0,9}recall:\s{0,9}([\d.]{1,9})%;"
    r"\s{0,9}FB1:\s{0,9}([\d.]{1,9})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressTable:
    """The table that the Trainer draws in notebooks: a row per evaluation.

    Attributes:
        columns: Names of the columns in lower case, words joined by underscores.
    """

    columns: tuple[str, ...]

    @classmethod
    def of_header(cls, names: Sequence[str]) -> ProgressTable | None:
        """Return the table with these headings, None when it is no progress of a training."""
        columns = tuple("_".join(name.lower().split()) for name in names[:_MOST_COLUMNS])
        placed = "epoch" in columns or "step" in columns
        loss = any(name in columns for name in (*_TRAINING_LOSS, *_VALIDATION_LOSS))
        return cls(columns=columns) if placed and loss else None

    @classmethod
    def of_line(cls, line: str) -> ProgressTable | None:
        """Return the table that a line is the heading of, None when it is none."""
        if _NO_HEADING.search(line) or "oss" not in line or len(line) > 2000:
            return None
        return cls.of_header(_COLUMN.findall(line))

    def row_of_line(self, line: str) -> Row | None:
        """Return the row that a line of text holds; pandas puts a number of its own before it."""
        cells = _NO_LOG.sub("-", line[:4000]).split()
        if len(cells) == len(self.columns) + 1:
            cells = cells[1:]
        return self.row(cells)

    def row(self, cells: Sequence[str]) -> Row | None:
        """Return what a row of cells says, None when it is no row of this table."""
        if len(cells) != len(self.columns):
            return None
        figures = {
            name: value
            for name, cell in zip(self.columns, cells, strict=True)
            if name and (value := number(cell)) is not None
        }
        epoch, step = figures.get("epoch"), figures.get("step")
        if (epoch is None and step is None) or not 0 <= (epoch or 0) < 1e9:
            return None
        loss = next((figures[name] for name in _TRAINING_LOSS if name in figures), None)
        scores = scores_of({f"eval_{name}": value for name, value in figures.items()})
        evaluation = dict(scores.metrics)
        for name in _VALIDATION_LOSS:
            if name in figures:
                evaluation["loss"] = figures[name]
        return Row(
            epoch=epoch,
            step=int(step) if step is not None and 0 <= step < 1e12 else None,
            training={} if loss is None else {"loss": loss},
            evaluation=evaluation,
            per_type=scores.per_type,
            whole_epoch=True,
        )


@dataclass(slots=True, kw_only=True)
class ClassificationReport:
    """The table of precision, recall, F1 and support that seqeval and scikit-learn print.

    Attributes:
        per_type: Scores of each type.
        overall: Micro-averaged scores, or the accuracy, as far as they were printed.
    """

    per_type: dict[str, dict[str, float]] = field(default_factory=dict)
    overall: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def begins(line: str) -> bool:
        """Whether a line is the heading of such a table."""
        return "f1-score" in line and line.split() == _HEADING

    def take(self, line: str) -> bool:
        """Take in the next line; False when the table ended before it."""
        cells = line[:400].split()
        figures = [number(cell) for cell in cells[-4:]]
        if len(cells) >= 3 and cells[0] == "accuracy" and figures[-2] is not None:
            self.overall["accuracy"] = figures[-2]
            return True
        if len(cells) < 5:
            return False
        precision, recall, f1, support = figures
        if precision is None or recall is None or f1 is None or support is None:
            return False
        name = " ".join(cells[:-4])
        if name in ("micro avg", "avg / total"):
            self.overall |= {"precision": precision, "recall": recall, "f1": f1}
        elif not name.endswith(" avg") and len(self.per_type) < 1000:
            scores = {"precision": precision, "recall": recall, "f1": f1, "support": support}
            self.per_type[name] = scores
        return True


def conlleval_type(line: str) -> tuple[str, dict[str, float]] | None:
    """Return a type and its scores from a line of `conlleval`, else None."""
    found = _CONLLEVAL.match(line[:300])
    scores = [number(text) for text in found.groups()[1:]] if found else []
    if found is None or None in scores:
        return None
    names = ("precision", "recall", "f1")
    return found[1], {
        name: round((score or 0.0) / 100, 6) for name, score in zip(names, scores, strict=True)
    }
