"""Runs rules over one subject and orders what they found: root causes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from diagnostics import catalogue
from diagnostics.errors import DiagnosticsError
from diagnostics.findings import Crashed, Finding, Flagged, NotApplicable, Outcome, Severity
from diagnostics.reader import Reader
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "Checkup",
    "FoundLog",
    "Judgement",
    "check_up",
    "diagnose",
    "find_logs",
    "readers",
    "run_rules",
]

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Generic[Subject]):
    """One rule and what it came to."""

    rule: Rule[Subject]
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup(Generic[Subject]):
    """Everything that the rules say about one subject.

    Attributes:
        subject: What was judged.
        judgements: One per rule, in the order of the rules' identifiers.
        findings: Root causes first, then by severity; a consequence follows its cause.
        reader: Name of the reader that read the subject; empty when none did.
        others: Further logs that lay beside it and were not judged.
    """

    subject: Subject
    judgements: tuple[Judgement[Subject], ...]
    findings: tuple[Finding, ...]
    reader: str = ""
    others: tuple[Path, ...] = ()

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLog:
    """A log that a reader can read."""

    reader: Reader
    path: Path


def _rank(severity: Severity) -> int:
    return severity.rank


@cache
def run_rules() -> tuple[Rule[RunHistory], ...]:
    """Return the rules about runs, by identifier. The folder of rules is the list."""
    found: tuple[Rule[Any], ...] = catalogue.units("diagnostics.rules.run", Rule)  # type: ignore[type-abstract]
    return tuple(sorted(found, key=lambda rule: rule.id))


@cache
def readers() -> tuple[Reader, ...]:
    """Return the log readers, the one to ask first first. The folder of readers is the list."""
    found = catalogue.units("diagnostics.readers", Reader)  # type: ignore[type-abstract]
    return tuple(sorted(found, key=lambda reader: (-reader.precedence, reader.name)))


def check_up(subject: Subject, rules: Sequence[Rule[Subject]]) -> Checkup[Subject]:
    """Judge a subject by rules. A rule that fails is reported and costs no other verdict."""
    judgements = tuple(Judgement(rule=rule, outcome=_judge(rule, subject)) for rule in rules)
    return Checkup(subject=subject, judgements=judgements, findings=_ordered(judgements))


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
    roots = _roots(list(flagged))
    findings = [
        replace(found, consequence_of=roots.get(found.rule))
        for group in flagged.values()
        for found in group
    ]
    worst: dict[str, int] = {}
    for found in findings:
        root = found.consequence_of or found.rule
        worst[root] = min(found.severity.rank, worst.get(root, found.severity.rank))

    def place(found: Finding) -> tuple[int, str, bool, int, str]:
        root = found.consequence_of or found.rule
        return worst[root], root, found.rule != root, found.severity.rank, found.rule

    return tuple(sorted(findings, key=place))


def _roots(flagged: Sequence[Rule[Subject]]) -> dict[str, str]:
    """Return, for each rule whose finding has a cause among the others, the root of it."""
    # A rule that explains more stands nearer to the root: the last to write wins.
    ordered = sorted(flagged, key=lambda rule: len(rule.explains))
    cause = {consequence: rule.id for rule in ordered for consequence in rule.explains}
    roots = {}
    for rule in flagged:
        root = rule.id
        for _ in flagged:  # no chain is longer than the list of rules
            root = cause.get(root, root)
        if root != rule.id:
            roots[rule.id] = root
    return roots


def find_logs(path: Path) -> tuple[FoundLog, ...]:
    """Return the logs at a path, the one to judge first.

    Raises:
        DiagnosticsError: The path does not exist, or holds nothing that any reader knows.
    """
    if not path.exists():
        raise DiagnosticsError(
            f"The path `{path}` does not exist.", "Give the folder of a run, or its log file."
        )
    found = tuple(
        FoundLog(reader=reader, path=log) for reader in readers() for log in reader.find(path)
    )
    if not found:
        raise DiagnosticsError(f"No training log was found in `{path}`. {_looked_for(path)}")
    return found


def _looked_for(path: Path) -> str:
    wanted = "; ".join(reader.looks_for for reader in readers())
    if not path.is_dir():
        return f"A log is one of: {wanted}."
    names = sorted(entry.name + "/" * entry.is_dir() for entry in path.iterdir())
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    holds = f"The folder holds {shown}." if names else "The folder is empty."
    deeper = [f"{entry.name}/" for entry in sorted(path.iterdir()) if _holds_log(entry)][:3]
    hint = f" There are logs in {', '.join(deeper)}: name one of them." if deeper else ""
    return f"Looked for: {wanted}. {holds}{hint}"


def _holds_log(path: Path) -> bool:
    return path.is_dir() and any(reader.find(path) for reader in readers())


def diagnose(path: str | Path) -> Checkup[RunHistory]:
    """Read the training log at a path and judge it by all rules about runs.

    Args:
        path: A run directory, a study folder (its winner is judged) or a log file.

    Returns:
        The findings, what could not be judged and why, and the history itself.

    Raises:
        DiagnosticsError: The path does not exist, or no log in it can be read.
    """
    logs = find_logs(Path(path))
    first = logs[0]
    checkup = check_up(first.reader.read(first.path), run_rules())
    others = tuple(log.path for log in logs[1:] if log.path != first.path)
    return replace(checkup, reader=first.reader.name, others=others)
