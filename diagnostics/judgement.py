"""Runs rules over one subject and orders what they found: root causes first."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from diagnostics import catalogue, rules
from diagnostics.findings import Crashed, Finding, Flagged, NotApplicable, Outcome, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "Checkup",
    "Judgement",
    "SwitchedOff",
    "all_rules",
    "check_up",
    "joined",
    "judged_only",
    "rules_about",
    "run_rules",
]

Subject = TypeVar("Subject")

_THEMES = (
    *("E1", "E3", "E2", "R7", "R5"),
    *("D1", "D2", "D5", "D4", "D6"),
    *("R6", "R603", "R1", "R3", "R2"),
    *("D3", "R403", "R4"),
)
"""Which of two equally grave findings is rather the cause of the other: a broken environment or a
full memory comes before faulty data, that before what the optimisation did, and that before what
the scores show; a log that holds too little comes after a setting of the training; a file that is
not what it should be comes before what is in it, and what there is little of comes last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Generic[Subject]):
    """One rule and what it came to."""

    rule: Rule[Subject]
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff(Generic[Subject]):
    """A rule that the user does not want to hear, and why; `reason` may be empty."""

    rule: Rule[Subject]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup(Generic[Subject]):
    """Everything that the rules say about one subject.

    Attributes:
        subject: What was judged.
        judgements: One per rule, in the order of the rules' identifiers.
        findings: Root causes first, then by severity; a consequence follows its cause.
        reader: Name of the reader that read the subject; empty when none did.
        others: Further logs that lay beside it and were not judged.
        switched_off: Rules that were not asked because the user switched them off.
    """

    subject: Subject
    judgements: tuple[Judgement[Subject], ...]
    findings: tuple[Finding, ...]
    reader: str = ""
    others: tuple[Path, ...] = ()
    switched_off: tuple[SwitchedOff[Subject], ...] = ()

    @property
    def worst(self) -> Severity | None:
        """The gravest severity among the findings, None without any."""
        return min((found.severity for found in self.findings), key=_rank, default=None)

    @property
    def not_judged(self) -> tuple[tuple[Rule[Subject], str], ...]:
        """The rules that could not judge, each with its reason."""
        return tuple(
            (judgement.rule, judgement.outcome.reason)
            for judgement in self.judgements
            if isinstance(judgement.outcome, NotApplicable)
        )

    @property
    def crashed(self) -> tuple[tuple[Rule[Subject], str], ...]:
        """The rules that failed themselves, each with the error."""
        return tuple(
            (judgement.rule, judgement.outcome.error)
            for judgement in self.judgements
            if isinstance(judgement.outcome, Crashed)
        )

    def reaches(self, limit: Severity) -> bool:
        """Whether any finding is at least as grave as `limit`."""
        return self.worst is not None and self.worst.rank <= limit.rank


def _rank(severity: Severity) -> int:
    return severity.rank


@cache
def rules_about(subject: str) -> tuple[Rule[Any], ...]:
    """Return all rules about one kind of subject, by identifier. The folder of rules is the list.

    Args:
        subject: Name of the folder in `diagnostics/rules`: `run`, `data` or `environment`.
    """
    found: tuple[Rule[Any], ...] = catalogue.units(f"diagnostics.rules.{subject}", Rule)  # type: ignore[type-abstract]
    return tuple(sorted(found, key=lambda rule: rule.id))


def run_rules() -> tuple[Rule[RunHistory], ...]:
    """Return all rules about runs, by identifier."""
    return rules_about("run")


@cache
def all_rules() -> tuple[Rule[Any], ...]:
    """Return the rules about every kind of subject: runs first, then the others by name."""
    subjects = (found.name for found in pkgutil.iter_modules(rules.__path__) if found.ispkg)
    ordered = sorted(subjects, key=lambda name: (name != "run", name))
    return tuple(rule for name in ordered for rule in rules_about(name))


def check_up(subject: Subject, asked: Sequence[Rule[Subject]]) -> Checkup[Subject]:
    """Judge a subject by rules. A rule that fails is reported and costs no other verdict."""
    judgements = tuple(Judgement(rule=rule, outcome=_judge(rule, subject)) for rule in asked)
    return Checkup(subject=subject, judgements=judgements, findings=_ordered(judgements))


def joined(checkup: Checkup[Subject], judgements: Sequence[Judgement[Any]]) -> Checkup[Subject]:
    """Return a checkup with what was judged besides, such as the plan that goes with the data."""
    together = (*checkup.judgements, *judgements)
    return replace(checkup, judgements=together, findings=_ordered(together))


def judged_only(checkup: Checkup[Any]) -> tuple[Judgement[Any], ...]:
    """Return the judgements of the rules that could judge, to be joined to another checkup."""
    return tuple(
        judgement
        for judgement in checkup.judgements
        if not isinstance(judgement.outcome, NotApplicable)
    )


def _judge(rule: Rule[Subject], subject: Subject) -> Outcome:
    try:
        return rule.judge(subject)
    except Exception as error:  # noqa: BLE001 - whatever a rule trips over, the others must be heard
        return Crashed(error=f"{type(error).__name__}: {error}")


def _ordered(judgements: Sequence[Judgement[Subject]]) -> tuple[Finding, ...]:
    """Name the consequences and order the findings: each cause, then what follows from it."""
    flagged = {
        judgement.rule: judgement.outcome.findings
        for judgement in judgements
        if isinstance(judgement.outcome, Flagged)
    }
    roots = _roots(flagged)
    findings = [
        replace(found, consequence_of=roots.get(found.rule))
        for group in flagged.values()
        for found in group
    ]
    worst: dict[str, int] = {}
    for found in findings:
        root = found.consequence_of or found.rule
        worst[root] = min(found.severity.rank, worst.get(root, found.severity.rank))

    def place(found: Finding) -> tuple[int, int, str, bool, int, str]:
        root = found.consequence_of or found.rule
        consequence = found.rule != root
        return worst[root], _theme(root), root, consequence, found.severity.rank, found.rule

    return tuple(sorted(findings, key=place))


def _is_survived(found: Finding) -> bool:
    """Whether a finding is a fact that did no harm, such as an error that was overcome."""
    return found.severity is Severity.INFO and found.tier is Tier.CONCLUSIVE


def _theme(rule: str) -> int:
    name = rule if rule in _THEMES else rule[:2]
    return _THEMES.index(name) if name in _THEMES else len(_THEMES)


def _roots(flagged: Mapping[Rule[Subject], Sequence[Finding]]) -> dict[str, str]:
    """Return, for each rule whose finding has a cause among the others, the root of it.

    What the run survived is the cause of nothing graver.
    """
    survived = {rule.id for rule, found in flagged.items() if all(map(_is_survived, found))}
    remarks = {
        rule.id
        for rule, found in flagged.items()
        if all(each.severity is Severity.INFO for each in found)
    }
    # A rule that explains more stands nearer to the root: the last to write wins.
    ordered = sorted(flagged, key=lambda rule: len(rule.explains))
    cause = {
        consequence: rule.id
        for rule in ordered
        for consequence in rule.explained(flagged[rule])
        if rule.id not in survived or consequence in remarks
    }
    roots = {}
    for rule in flagged:
        root = rule.id
        for _ in flagged:  # no chain is longer than the list of rules
            root = cause.get(root, root)
        if root != rule.id:
            roots[rule.id] = root
    return roots
