"""The contract of a rule: what it needs, how it judges, and the examples that prove it.

A rule is one frozen dataclass in one module of `diagnostics/rules/<subject>/`. Its metadata are
class variables, its thresholds are fields with defaults, so that `dataclasses.replace(rule,
threshold=...)` is all the configuration there is. Its docstring is what `tuner explain` shows: a
first line that is the title, then the sections *Why it matters*, *What to change* and *Source*.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from diagnostics.findings import (
    Clear,
    Evidence,
    Finding,
    Fix,
    Flagged,
    NotApplicable,
    Outcome,
    Place,
    Severity,
    Tier,
)

__all__ = ["Need", "Rule"]

Subject = TypeVar("Subject")

Need = Callable[[Any], str | None]
"""Looks at a subject: None when it holds what a rule needs, else why the rule cannot judge it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(ABC, Generic[Subject]):
    """Judges subjects of one kind, such as the history of a run.

    Class variables that each rule sets:
        id: Letter of the subject and number within its theme; never reused. Runs: R1xx
            optimisation, R2xx generalisation, R3xx token classification, R4xx amount of data and
            steps, R5xx resources, R6xx hyperparameters and logging, R7xx environment. Data: D1xx
            format, D2xx labels, D3xx size, D4xx splits, D5xx subwords, D6xx hyperparameters.
            Environments: E1xx libraries, E2xx devices and resources, E3xx scripts.
        name: Kebab-case, says what is wrong.
        severity: Severity of its findings unless one says otherwise.
        tier: Strength of its evidence unless a finding says otherwise.
        needs: What the subject must hold for the rule to judge it.
        explains: Identifiers of the rules whose findings are consequences of this one's.
        judges_plans: Whether it looks at nothing but settings, so that a rule about runs can
            judge a plan before anything has run.
        preview: Whether the rule is still being tried out and runs only when asked for.
        doubt: What would change its verdict.
        bad: Caption to example that must be flagged.
        good: Caption to example that must not be: the traps that a naive rule falls into.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    tier: ClassVar[Tier]
    needs: ClassVar[tuple[Need, ...]] = ()
    explains: ClassVar[tuple[str, ...]] = ()
    judges_plans: ClassVar[bool] = False
    preview: ClassVar[bool] = False
    doubt: ClassVar[str] = ""
    bad: ClassVar[Mapping[str, Any]]
    good: ClassVar[Mapping[str, Any]]

    def judge(self, subject: Subject) -> Outcome:
        """Judge a subject; what it lacks makes the rule not applicable, never an exception."""
        for need in self.needs:
            reason = need(subject)
            if reason is not None:
                return NotApplicable(reason=reason)
        found = self.check(subject)
        if isinstance(found, NotApplicable):
            return found
        return Flagged(findings=tuple(found)) if found else Clear()

    @abstractmethod
    def check(self, subject: Subject) -> Sequence[Finding] | NotApplicable:
        """Return the findings, none when all is well. All `needs` are met when this is called."""

    def explained(self, found: Sequence[Finding]) -> tuple[str, ...]:
        """Return what these findings of the rule explain: `explains`, or a part of it."""
        return self.explains

    def finding(
        self,
        message: str,
        *,
        evidence: Sequence[Evidence] = (),
        fixes: Sequence[Fix],
        severity: Severity | None = None,
        tier: Tier | None = None,
        places: Sequence[Place] = (),
    ) -> Finding:
        """Return a finding in the name of this rule."""
        return Finding(
            rule=self.id,
            name=self.name,
            severity=self.severity if severity is None else severity,
            tier=self.tier if tier is None else tier,
            message=message,
            evidence=tuple(evidence),
            fixes=tuple(fixes),
            doubt=self.doubt,
            places=tuple(places),
        )
