"""Tables that look like the log of a run and are something else, told with the reason."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from diagnostics.readers._cells import number_of
from diagnostics.readers._column_roles import roles_of
from diagnostics.readers._columns import plain_name
from diagnostics.readers._table_head import Head
from diagnostics.readers._table_row import Roles, Row
from diagnostics.readers._vocabulary import HYPERPARAMETERS

__all__ = ["looks_like_a_log", "reason_against"]

_RUN_NAMES = frozenset(
    {"model", "model_name", "run", "run_id", "run_name", "trial", "trial_id", "experiment", "exp"}
    | {"experiment_id", "exp_name", "name", "config", "seed", "fold", "dataset", "method"}
)
_TEXTS = frozenset(
    {"text", "sentence", "sentences", "token", "tokens", "word", "words", "tag", "tags"}
    | {"ner_tags", "pos_tags", "label", "labels", "class", "entity", "question", "answer"}
    | {"context", "title", "content", "review", "tweet", "prediction", "predicted", "gold"}
)
_ITS_PARAMETERS = ("params_", "param_", "hparams_", "config_", "hp_")


def looks_like_a_log(head: Head) -> bool:
    """Whether a table has a word of training in its header, and numbers below it."""
    roles = roles_of(head.names)
    return (roles.has("epoch", "step", "order") or roles.figures > 0) and any(
        number_of(cell) is not None for values in head.rows for cell in values
    )


def reason_against(head: Head) -> str | None:
    """Return why a table is no log of one run, None when it is one."""
    roles = roles_of(head.names)
    rows = [roles.row(values) for values in head.rows]
    plain = [plain_name(name) for name in head.names]
    more = not head.whole
    placed = _grows(rows) or (more and roles.has("epoch", "step", "order"))
    told = any(row.trained or row.evaluated or row.train_scores for row in rows)
    told = told or (more and roles.figures > 0)
    if several := _one_row_per_run(head, plain, placed):
        return several
    if (texts := _texts(head, plain)) and not (placed and told):
        return f"It holds labelled data or scores of labels (column `{texts}`), no run."
    if not rows:
        return "It has a header and no rows: the run has logged nothing yet."
    if not told:
        return f"It has {_columns(head)}, but none with a loss or a score on the development data."
    if not roles.has("epoch", "step", "order") and not _two_figures(roles):
        return f"It has {_columns(head)}, but none with the epoch or the step."
    return None


def _grows(rows: Sequence[Row]) -> bool:
    """Whether the epoch or the step rises from one row to a later one."""
    for name in ("epoch", "step", "order"):
        found = [value for row in rows if (value := getattr(row, name)) is not None]
        if any(two > one for one, two in itertools.pairwise(found)):
            return True
    return False


def _one_row_per_run(head: Head, plain: Sequence[str], placed: bool) -> str | None:
    """Return that each row tells of another run, where hyperparameters or names of runs say so."""
    if placed:
        return None
    settings = [
        name
        for name, word in zip(head.names, plain, strict=True)
        if word.startswith(_ITS_PARAMETERS)
        or (word in HYPERPARAMETERS and HYPERPARAMETERS[word] != "learning_rate")
    ]
    runs = [name for name, word in zip(head.names, plain, strict=True) if word in _RUN_NAMES]
    has_place = roles_of(head.names).has("epoch", "step", "order")
    if len(settings) >= 2 or (runs and (not has_place or len(head.rows) > 1)):
        shown = ", ".join(f"`{name}`" for name in (runs + settings)[:4])
        return f"It holds one row per run (columns {shown}), not the history of one run."
    return None


def _texts(head: Head, plain: Sequence[str]) -> str | None:
    """Return the name of a column with words or labels in it."""
    for index, word in enumerate(plain):
        if word in _TEXTS and any(
            index < len(values) and number_of(values[index]) is None and values[index]
            for values in head.rows
        ):
            return head.names[index]
    return None


def _two_figures(roles: Roles) -> bool:
    """Whether losses say by their names that a row is an epoch: of the training and beside it."""
    return roles.has("loss", "mean_loss") and (roles.has("eval_loss") or bool(roles.scores))


def _columns(head: Head) -> str:
    shown = ", ".join(f"`{name[:40]}`" for name in head.names[:6])
    more = f" and {len(head.names) - 6} more" if len(head.names) > 6 else ""
    return f"the columns {shown}{more}"
