"""Rule R308: one entity type is never found, while the others are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import needs, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.label_lists import typed_scores
from diagnostics.subjects.run_history import RunHistory

__all__ = ["TypeCollapse"]

_FOUND = {"precision": 0.8, "recall": 0.8, "f1": 0.8, "support": 120}
_NEVER = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 40}
_RARE = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCollapse(Rule[RunHistory]):
    """An entity type has collapsed: the model never finds it, although it finds others.

    Why it matters: the overall F1 hides it, because it is an average over all entities. For that
    type the model is useless.

    What to change: label more examples of the type, at least 50; check that it is written alike in
    all splits; or merge it with the type it is mistaken for.

    Source: the 95 % Wilson interval of the type's recall must lie below 0.2, which needs 16
    entities without a hit. spaCy's `debug data` warns of labels with 50 examples or fewer.
    """

    id: ClassVar = "R308"
    name: ClassVar = "type-collapse"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.task_metric, needs.evaluations(2))
    doubt: ClassVar = "Examples of the type in the training data that are annotated differently."
    bad: ClassVar = {
        "PER is found, MISC never": run_example(
            f1=(0.6, 0.7), per_type=({"PER": _FOUND, "MISC": _NEVER},) * 2
        ),
    }
    good: ClassVar = {
        "every type is found": run_example(
            f1=(0.6, 0.8), per_type=({"PER": _FOUND, "MISC": _FOUND},) * 2
        ),
        "a late starter": run_example(
            f1=(0.6, 0.8),
            per_type=({"PER": _FOUND, "MISC": _NEVER}, {"PER": _FOUND, "MISC": _FOUND}),
        ),
        "nothing is found at all": run_example(f1=(0.0, 0.0), per_type=({"PER": _NEVER},) * 2),
        "halfway through its plan": run_example(
            f1=(0.6, 0.7), per_type=({"PER": _FOUND, "MISC": _NEVER},) * 2, max_steps=2000
        ),
        "two entities of the type are two too few to say": run_example(
            f1=(0.6, 0.7), per_type=({"PER": _FOUND, "MISC": {**_RARE, "support": 2}},) * 2
        ),
    }

    alive: float = 0.5
    """Score, overall or of a type, above which the other types are evidently learned."""

    highest_recall: float = 0.2
    """Recall that the upper end of the interval must stay below."""

    fewest: int = 3
    """Entities of a type below which nothing is said at all."""

    wanted: int = 50
    """Training examples of a type that are usually enough, from spaCy's `debug data`."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for types without a single hit at the best and at the last evaluation."""
        typed = typed_scores(run)
        if not typed:
            return NotApplicable(reason="the run logged no scores per entity type")
        share, best = series.plan_share(run), series.best_point(run)
        if share is not None and share < 0.5:
            return NotApplicable(reason=f"the run stands at {share:.0%} of its plan")
        if best is None:
            return []
        at_best = next((p.per_type for p in run.epochs if p.number == best.epoch), {})
        each = [series.number(scores.get("f1")) or 0.0 for scores in at_best.values()]
        if max(best.value, *each, 0.0) <= self.alive:
            return []
        dead = {
            name: int(support)
            for name, scores in typed[-1].items()
            if (support := _missed(scores)) is not None
            and support >= self.fewest
            and _missed(at_best.get(name, scores)) is not None
        }
        return [self._finding(run, dead)] if dead else []

    def _finding(self, run: RunHistory, dead: Mapping[str, int]) -> Finding:
        sure = {
            name: support
            for name, support in dead.items()
            if statistics.wilson_interval(0.0, support)[1] < self.highest_recall
        }
        named = sure or dead
        types = ", ".join(f"{name} ({support})" for name, support in list(named.items())[:6])
        noun = "type" if len(named) == 1 else "types"
        few = "" if sure else "; with so few entities that may be chance"
        best = series.best_point(run)
        overall = 0.0 if best is None else best.value
        return self.finding(
            f"Not one entity of the {noun} {types} is found, at an overall "
            f"{series.score_label(run)} of {overall:.2f}{few}.",
            evidence=[
                Evidence(label=f"entities of {name} missed", value=support)
                for name, support in list(named.items())[:6]
            ],
            fixes=[self._label_more(run, next(iter(named)))],
            severity=Severity.WARNING if sure else Severity.INFO,
            tier=Tier.STATISTICAL if sure else Tier.HEURISTIC,
        )

    def _label_more(self, run: RunHistory, name: str) -> Fix:
        counts = run.dataset.get("train_entities_per_type")
        old = series.whole(counts.get(name)) if isinstance(counts, Mapping) else None
        return Fix(
            text=f"Label more examples of {name}, or merge it with the type it is mistaken for.",
            parameter=f"train_entities_{name}",
            old=old,
            new=max(self.wanted, 3 * (old or 0)),
            how=f"three times the present, at least {self.wanted}",
        )


def _missed(scores: Mapping[str, float]) -> float | None:
    """Return how many entities a type has if none was found; None if one was, or it is unknown."""
    f1, support = series.number(scores.get("f1")), series.number(scores.get("support"))
    return support if f1 == 0 and support is not None and 0 < support < 1e12 else None
