"""Findings and fixes in a few words, the same in every report; not yet made harmless."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diagnostics.findings import Evidence, Finding, Fix, Tier
from diagnostics.fix_plan import FixPlan
from diagnostics.report._text import shown

__all__ = [
    "TIERS",
    "change",
    "evidence_sentence",
    "fix_sentence",
    "joined",
    "passed_over_sentences",
]

TIERS = {
    Tier.CONCLUSIVE: "conclusive evidence",
    Tier.STATISTICAL: "statistical evidence",
    Tier.HEURISTIC: "rule of thumb",
}
"""Strength of evidence in plain words."""


def evidence_sentence(found: Finding) -> str:
    """Return the figures of a finding in one line; empty without any."""
    return "; ".join(_figure(evidence) for evidence in found.evidence)


def _figure(evidence: Evidence) -> str:
    unit = f" {evidence.unit}" if evidence.unit else ""
    return f"{evidence.label} {shown(evidence.value)}{unit}{_span(evidence.epochs)}"


def _span(epochs: Sequence[float]) -> str:
    if not epochs:
        return ""
    if len(epochs) == 1:
        return f" (epoch {_epoch(epochs[0])})"
    if len(epochs) == 2:
        return f" (epochs {_epoch(epochs[0])} and {_epoch(epochs[1])})"
    return f" (epochs {_epoch(epochs[0])} to {_epoch(epochs[-1])})"


def _epoch(number: float) -> str:
    return f"{round(number, 2):g}"


def change(fix: Fix) -> str:
    """Return what a fix sets, as `epochs 8 → 4`; empty when it sets nothing."""
    if fix.parameter is None:
        return ""
    return f"{fix.parameter} {shown(fix.old)} → {shown(fix.new)}"


def fix_sentence(fix: Fix) -> str:
    """Return a fix with its values and how they were computed."""
    if fix.parameter is None:
        return fix.text
    how = f" ({fix.how})" if fix.how else ""
    return f"{fix.text.removesuffix('.')}: {change(fix)}{how}"


def passed_over_sentences(plan: FixPlan) -> list[str]:
    """Return why fixes of graver findings win over others."""
    return [
        f"{entry.rule} would set {change(entry.fix)}, but {entry.winner.rule} sets "
        f"{change(entry.winner.fix)}."
        for entry in plan.passed_over
    ]


def joined(texts: Iterable[str]) -> str:
    """Return several notes as one paragraph of sentences."""
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts)
