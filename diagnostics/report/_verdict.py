"""What a report says in a few words: the verdict, and which rules had none."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from diagnostics.findings import Severity
from diagnostics.judgement import Checkup
from diagnostics.report._presenter import presenter_of

__all__ = ["unjudged", "verdict"]


def verdict(checkup: Checkup[Any]) -> str:
    """Return the verdict in one sentence."""
    verdicts = presenter_of(checkup.subject).verdicts_on(checkup.subject)
    counts = _counts(checkup)
    match checkup.worst:
        case Severity.ERROR:
            return f"{verdicts.error}: {counts}."
        case Severity.WARNING:
            return f"{verdicts.warning}: {counts}."
        case _ if 2 * len(checkup.not_judged) > len(checkup.judgements):
            return verdicts.unjudged
        case Severity.INFO:
            return f"{verdicts.clear}; {counts}."
        case None:
            return f"{verdicts.clear}: nothing to report."


def _counts(checkup: Checkup[Any]) -> str:
    names = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}
    tally = {
        severity: sum(found.severity is severity for found in checkup.findings)
        for severity in Severity
    }
    return ", ".join(
        f"{count} {names[severity]}{'' if count == 1 else 's'}"
        for severity, count in tally.items()
        if count
    )


def unjudged(checkup: Checkup[Any]) -> list[tuple[str, list[str]]]:
    """Return (reason, names of the rules) for the rules that could not judge, folded by reason."""
    ordered = sorted(checkup.not_judged, key=lambda pair: pair[1])
    return [
        (reason, [rule.name for rule, _ in group])
        for reason, group in groupby(ordered, key=lambda pair: pair[1])
    ]
