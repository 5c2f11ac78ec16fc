"""What a person sees: live tables, plain lines, reports and JSON. It renders and never judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuner.display.choice import Kind as Kind
    from tuner.display.choice import StudyDisplay as StudyDisplay
    from tuner.display.choice import TrainDisplay as TrainDisplay
    from tuner.display.choice import make_observer as make_observer
    from tuner.display.choice import make_train_observer as make_train_observer

__all__ = ["Kind", "StudyDisplay", "TrainDisplay", "make_observer", "make_train_observer"]


def __getattr__(name: str) -> Any:
    """Load what `__all__` offers on first use: most commands need only a console."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tuner.display import choice

    return getattr(choice, name)
