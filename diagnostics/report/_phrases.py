"""Findings and fixes in a few words, the same in every report; not yet made harmless."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from diagnostics.findings import Evidence, Finding, Fix, Place, Tier
from diagnostics.fix_plan import FixPlan
from diagnostics.report._text import shown

__all__ = [
    "TIERS",
    "change",
    "evidence_sentence",
    "first_place",
    "fix_sentence",
    "joined",
    "passed_over_sentences",
    "place_list",
]

_LONGEST_PATH = 40
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


def place_list(found: Finding, base: str = "") -> list[str]:
    """Return the places of a finding, as `train.txt:14: what stands there`.

    Args:
        found: The finding.
        base: File or folder that is left out in front of files in it, and long paths are cut;
            empty shows paths as they are.
    """
    return [
        _spot(place, base) + (f": {place.text}" if place.text else "") for place in found.places
    ]


def first_place(found: Finding, base: str = "") -> str:
    """Return the first place and how many more are known; empty where no line is known."""
    if not found.places or found.places[0].line is None:
        return ""
    more = len(found.places) - 1
    rest = f" and {more} more place{'' if more == 1 else 's'}" if more else ""
    return f"at {_spot(found.places[0], base)}{rest}"


def _spot(place: Place, base: str) -> str:
    """Return file and line; the end of a long path tells files apart."""
    file = place.file.removeprefix(f"{base.rstrip('/')}/")
    if base:
        file = PurePath(file).name if file == base else file
        file = file if len(file) <= _LONGEST_PATH else f"...{file[3 - _LONGEST_PATH :]}"
    return file if place.line is None else f"{file}:{place.line}"


def change(fix: Fix, *, rule: str = "") -> str:
    """Return what a fix sets, as `epochs 8 → 4`; empty when it sets nothing.

    Rules about data (D) look at no run: what they know no value of was not left unrecorded.
    """
    if fix.parameter is None:
        return ""
    if fix.old is None and rule.startswith("D"):
        return f"set {fix.parameter} to {shown(fix.new)}"
    return f"{fix.parameter} {shown(fix.old)} → {shown(fix.new)}"


def fix_sentence(fix: Fix, *, rule: str = "") -> str:
    """Return a fix of a rule with its values and how they were computed."""
    if fix.parameter is None:
        return fix.text
    how = f" ({fix.how})" if fix.how else ""
    return f"{fix.text.removesuffix('.')}: {change(fix, rule=rule)}{how}"


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
