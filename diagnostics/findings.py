"""What a rule says about what it judged: plain values, which reports render."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = [
    "Clear",
    "Crashed",
    "Evidence",
    "Finding",
    "Fix",
    "Flagged",
    "NotApplicable",
    "Outcome",
    "Place",
    "Severity",
    "Tier",
    "Value",
]

Value = bool | int | float | str
"""What evidence and fixes may hold: JSON-serialisable scalars."""


class Severity(enum.StrEnum):
    """How much a finding matters to the person who owns the run."""

    ERROR = "error"  # the result is unusable
    WARNING = "warning"  # the result is worse than it could be, or cannot be trusted
    INFO = "info"  # worth knowing, nothing is broken

    @property
    def rank(self) -> int:
        """0 for the gravest, rising; for sorting and for comparing with a limit."""
        return tuple(Severity).index(self)


class Tier(enum.StrEnum):
    """How strong the evidence of a finding is."""

    CONCLUSIVE = "A"  # an exact fact: a NaN, a zero, a recorded event
    STATISTICAL = "B"  # p < 0.05 and an effect above the noise
    HEURISTIC = "C"  # a comparison with what usually works


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One figure that supports a finding.

    Attributes:
        label: What the figure is, such as `best F1`.
        value: The figure; a NaN is a figure.
        unit: Its unit; empty for pure numbers.
        epochs: The epochs it was taken from, in order; empty when it belongs to the whole run.
    """

    label: str
    value: Value
    unit: str = ""
    epochs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a file something was seen.

    Attributes:
        file: The file, as the user would name it.
        line: 1-based line (or record) number; None when it concerns the whole file.
        text: What stands there, shortened; empty when there is nothing to show. It is a stranger's
            text: reports escape it.
    """

    file: str
    line: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One thing to change, exact enough to be applied by a program.

    Attributes:
        text: What to do, as one sentence for a person.
        parameter: Standard name of the hyperparameter to change, or None when no parameter does it.
        old: Its present value, or None when the run did not record it.
        new: The value to set; None only without a parameter.
        how: How `new` was computed.
    """

    text: str
    parameter: str | None = None
    old: Value | None = None
    new: Value | None = None
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a rule found wrong, or worth knowing.

    Attributes:
        rule: Identifier of the rule, such as `R201`.
        name: Kebab-case name of the rule, which says what is wrong.
        severity: How much it matters.
        tier: How strong the evidence is.
        message: What was seen, with its numbers and epochs, in one or two sentences.
        evidence: The figures of the message, for programs and for the report.
        fixes: What to change, the most promising first; never empty.
        doubt: What would change this verdict.
        consequence_of: Identifier of the rule whose finding explains this one; None for a
            root cause.
        places: The first places where it was seen, in the order of the files; empty when it has
            none. How often it was seen in all is a figure of the evidence.
    """

    rule: str
    name: str
    severity: Severity
    tier: Tier
    message: str
    evidence: tuple[Evidence, ...]
    fixes: tuple[Fix, ...]
    doubt: str = ""
    consequence_of: str | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """The rule found something; `findings` is not empty."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """The rule could judge and found nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplicable:
    """The rule could not judge; `reason` says why, as a clause that follows "because"."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed:
    """The rule itself failed: a fault of ours that must not cost the user the other verdicts."""

    error: str


Outcome = Flagged | Clear | NotApplicable | Crashed
"""Everything that judging one subject by one rule can end in; match it exhaustively."""
