"""Code of scripts that the installed releases of libraries do not take, and what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics.subjects.environment import Environment
from diagnostics.subjects.training_script import OutdatedCode
from diagnostics.version_ranges import admits

__all__ = ["OutdatedPattern", "code_misfits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedPattern:
    """Code that releases of a library do not take.

    Attributes:
        library: The library.
        releases: The releases, as pip writes them.
        wrong: What goes wrong, as a clause.
        instead: What to write instead.
    """

    library: str
    releases: str
    wrong: str
    instead: str


_PATTERNS: Mapping[str, OutdatedPattern] = {
    "compute-loss-without-item-count": OutdatedPattern(
        library="transformers",
        releases=">=4.46",
        wrong="the Trainer calls compute_loss with num_items_in_batch, which it does not take",
        instead="add **kwargs to its parameters",
    ),
    "adamw-of-transformers": OutdatedPattern(
        library="transformers",
        releases=">=5",
        wrong="transformers has no AdamW any more",
        instead="from torch.optim import AdamW",
    ),
    "load-metric-of-datasets": OutdatedPattern(
        library="datasets",
        releases=">=3",
        wrong="datasets has no load_metric any more",
        instead="import evaluate, and evaluate.load",
    ),
}
"""Name of a pattern to what is known of it. Dates: transformers' pull request 34198 and its issue
36331 (4.46); the release notes of transformers 5 and of datasets 3."""


def code_misfits(environment: Environment) -> tuple[tuple[OutdatedCode, OutdatedPattern], ...]:
    """Return the code that the installed releases do not take, in the script's order."""
    script = environment.script
    return tuple(
        (seen, pattern)
        for seen in (script.outdated if script is not None else ())
        if (pattern := _PATTERNS.get(seen.pattern)) is not None
        and (version := environment.version(pattern.library)) is not None
        and admits(pattern.releases, version)
    )
