"""What entries of the log hold, judged before it counts: others write to the database too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.search.completion_order import OrderStep
from tuner.search.shared.training import Process
from tuner.trial import TrialSpec, TrialState
from tuner.values import from_plain

__all__ = [
    "are_settings",
    "how_asked",
    "is_delivery",
    "is_description",
    "is_result",
    "is_whole",
    "joining",
]

ROLES = ("confirm", "again", "deliver")


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_description(body: Mapping[str, Any]) -> bool:
    """Whether an entry describes a study."""
    return _are_texts(body, "study_id", "created") and isinstance(body["spec"], Mapping)


def joining(name: str, body: Mapping[str, Any]) -> Process:
    """Return the process that joins.

    Raises:
        ValueError, TypeError, KeyError: The entry describes none.
    """
    if not (_are_texts(body, "host", "machine", "folder") and is_whole(body["limit"])):
        raise ValueError(f"{name} says nothing sensible about itself")
    return Process(name=name, **body)


def are_settings(settings: Any, *, trial: bool) -> bool:
    """Whether a training could be made with these settings.

    Args:
        settings: What the entry says.
        trial: Whether it is a trial of the search; else another piece of work.

    Raises:
        ValueError, TypeError, KeyError: Something in them is missing or of another kind.
    """
    from_plain(TrialSpec, settings["spec"])
    role = settings["role"]
    is_known = role == "search" if trial else role in ROLES
    return is_known and isinstance(settings["origin"], str)


def how_asked(body: Mapping[str, Any]) -> OrderStep:
    """Return what a process knew when it chose the settings; entries of old do not say it."""
    step = OrderStep.from_line({**body, "asked": 0})
    assert step is not None
    return step


def is_result(result: Any) -> bool:
    """Whether this is how a training could have ended, as far as samplers look at it.

    Raises:
        ValueError, TypeError, KeyError: Something in it is missing or of another kind.
    """
    TrialState(result["state"])
    scores = (report["scores"]["f1"] for report in result["reports"])
    return all(isinstance(score, int | float) for score in scores)


def is_delivery(body: Mapping[str, Any]) -> bool:
    """Whether an entry says where a model is."""
    folder = body["folder"]
    return _are_texts(body, "key", "host", "machine") and isinstance(folder, str | None)


def _are_texts(body: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(body[name], str) for name in names)
