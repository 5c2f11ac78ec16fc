"""Kept runs as the diagnosis sees them, beside what is known about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.faults.kinds import all_kinds
from benchmarks.faults.setup import Kind
from diagnostics.checkup import Checkup, diagnose, examination
from diagnostics.findings import Finding, Severity
from diagnostics.subjects.run_history import RunHistory

__all__ = ["Case", "checkup_of", "is_alarm", "read_cases"]

OUTCOME = "outcome.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kept run and what was said about it.

    Attributes:
        kind: What was planted.
        corpus: Name of the corpus.
        seed: Seed of the run.
        f1: Development F1 of the kept weights as the run computed it; None without any.
        clean_f1: The same on untouched development sentences; None when the run broke off.
        findings: In the order of the report: the gravest root cause first.
        folder: Where the files are.
    """

    kind: Kind
    corpus: str
    seed: int
    f1: float | None
    clean_f1: float | None
    findings: tuple[Finding, ...]
    folder: Path

    @property
    def score(self) -> float | None:
        """F1 of the kept weights, of a fault the lower of both.

        That is what its owner reads off, or what he really gets.
        """
        known = [score for score in (self.f1, self.clean_f1) if score is not None]
        return min(known[: 1 if self.kind.healthy else 2], default=None)

    @property
    def roots(self) -> tuple[Finding, ...]:
        """Findings that are no consequence of others."""
        return tuple(found for found in self.findings if found.consequence_of is None)

    def names_the_cause(self, first: int) -> bool:
        """Whether a rule that means the fault is among the first root causes."""
        return any(found.name in self.kind.causes for found in self.roots[:first])


def read_cases(histories: Path, *, predictions: bool = True) -> Iterator[Case]:
    """Yield every kept run, judged.

    Args:
        histories: Folder of the kept runs.
        predictions: Whether the kept predictions count, where there are any.
    """
    for name, kind in all_kinds().items():
        for folder in sorted((histories / name).glob("*-*")):
            if not (folder / OUTCOME).is_file():
                continue
            told = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
            yield Case(
                kind=kind,
                corpus=told["corpus"],
                seed=told["seed"],
                f1=told["f1"],
                clean_f1=told["clean_f1"],
                findings=checkup_of(folder, predictions=predictions).findings,
                folder=folder,
            )


def checkup_of(folder: Path, *, predictions: bool = True) -> Checkup[RunHistory]:
    """Judge a run as `tuner diagnose FOLDER` does, or as if it had kept no predictions."""
    checkup = diagnose(folder)
    if predictions or checkup.subject.predictions is None:
        return checkup
    history = replace(checkup.subject, predictions=None)
    return examination().judge(history, reader=checkup.reader)


def is_alarm(finding: Finding) -> bool:
    """Whether a finding is a warning or an error."""
    return finding.severity is not Severity.INFO
