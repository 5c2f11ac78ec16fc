"""Several faults of one input, collected and shown together, so that one edit mends them all."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuner.errors import UsageError

__all__ = ["Problem", "nearest_name_hint", "raise_problems"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One rule that an input breaks.

    Attributes:
        message: The rule and the value that broke it, as a sentence without its final full stop.
        hint: The way out, as a sentence; empty when the message says it all.
        section: Where it is, such as `space.learning_rate`; empty for the whole input.
        key: The key within the section, or empty.
    """

    message: str
    hint: str = ""
    section: str = ""
    key: str = ""

    @property
    def place(self) -> str:
        """Section and key in the form `[space.learning_rate] low`; empty for the whole input."""
        section = f"[{self.section}]" if self.section else ""
        return f"{section} {self.key}".strip()


def raise_problems(problems: Sequence[Problem], where: str) -> None:
    """Raise one error that shows every problem; do nothing when there is none.

    Args:
        problems: What was found, in the order of the input.
        where: Name of the input, such as a file name.

    Raises:
        UsageError: When `problems` is not empty.
    """
    if not problems:
        return
    if len(problems) == 1:
        problem = problems[0]
        place = f" {problem.place}" if problem.place else ""
        raise UsageError(f"{problem.message} in {where}{place}.", problem.hint)
    lines = [f"{where} has {len(problems)} problems:"]
    lines += [f"  - {_line(problem)}" for problem in problems]
    raise UsageError("\n".join(lines))


def _line(problem: Problem) -> str:
    place = f"{problem.place}: " if problem.place else ""
    return f"{place}{problem.message}. {problem.hint}".strip()


def nearest_name_hint(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest of the known names, or list them when none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Known are: {', '.join(names)}."
