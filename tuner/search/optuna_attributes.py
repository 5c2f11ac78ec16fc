"""What a trial in Optuna's storage says of itself, beside what Optuna has columns for.

Two attributes, `tuner:begun` and `tuner:ended`, hold it all: each one is a transaction of several
statements, and a disk that has to write, when it is set after the trial was entered. Studies of
earlier versions, which had more of them, are read as well.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from tuner.errors import StudyError
from tuner.search.curves import Curve, curve_of
from tuner.search.optuna_shown import STATE
from tuner.search.run_record import RunRecord, search_key
from tuner.search.sampling import StoredTrial
from tuner.trial import TrialSpec, TrialState
from tuner.values import from_plain, to_plain

__all__ = [
    "BEGUN",
    "ENDED",
    "facts_at_begin",
    "facts_at_end",
    "state_of",
    "stored_curve",
    "stored_trial",
]

BEGUN, ENDED = "tuner:begun", "tuner:ended"
EARLIER_SPEC, EARLIER_ORIGIN, EARLIER_RESULT = "tuner:spec", "tuner:origin", "tuner:result"


def facts_at_begin(spec: TrialSpec, origin: str) -> dict[str, Any]:
    """Return what `BEGUN` says: the whole settings, and where they come from."""
    return {"origin": origin, "spec": to_plain(spec)}


def facts_at_end(run: RunRecord) -> dict[str, Any]:
    """Return what `ENDED` says: how a trial ended."""
    return {
        "state": run.state.value,
        "best_epoch": None if run.best is None else run.best.epoch,
        "epochs": run.epoch,
        "reason": run.reason,
    }


def state_of(trial: FrozenTrial) -> TrialState:
    """Return our own state of a trial; what somebody else ended has failed."""
    if not trial.state.is_finished():
        return TrialState.RUNNING
    state = TrialState(_ended(trial.user_attrs).get("state", TrialState.FAILED))
    return TrialState.FAILED if state is TrialState.RUNNING else state


def stored_trial(trial: FrozenTrial) -> StoredTrial:
    """Return a trial as the search knows it.

    Raises:
        StudyError: It was not written by this program.
    """
    attributes = trial.user_attrs
    try:
        begun = attributes[BEGUN] if BEGUN in attributes else _begun_earlier(attributes)
        return StoredTrial(
            number=trial.number,
            spec=from_plain(TrialSpec, begun["spec"]),
            origin=begun["origin"],
            state=state_of(trial),
            value=trial.value if trial.state is OptunaState.COMPLETE else None,
            facts=_ended(attributes),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(
            f"Trial {trial.number} in the storage was not written by tuner: {error!r}.",
            "Start a new study with --new, and leave adding trials to tuner.",
        ) from error


def stored_curve(trial: FrozenTrial) -> Curve:
    """Return the learning curve of a trial, as far as its storage tells.

    Raises:
        StudyError: It was not written by this program.
    """
    known = stored_trial(trial)
    last = known.facts.get("epochs", math.inf)  # an attempt that was given up may have gone further
    stored = sorted(trial.intermediate_values.items())
    evaluations = ((epoch, score, None) for epoch, score in stored if epoch <= last)
    return curve_of(search_key(trial.number), known.spec, known.state, evaluations)


def _begun_earlier(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"spec": json.loads(attributes[EARLIER_SPEC]), "origin": attributes[EARLIER_ORIGIN]}


def _ended(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how a trial ended; empty while it runs."""
    known = attributes.get(ENDED)
    if isinstance(known, Mapping):
        return known
    if STATE not in attributes:
        return {}
    return {"state": attributes[STATE], **attributes.get(EARLIER_RESULT, {})}
