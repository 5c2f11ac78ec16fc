"""The report for programs: one JSON document with a version, described by schema.json beside it.

`verdict` is `error`, `warning`, `info` or `healthy`. Numbers that JSON does not know are the
strings `NaN`, `Infinity` and `-Infinity`. Fields may be added without a new version.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, ClassVar, TextIO

from diagnostics import series
from diagnostics.findings import Evidence, Finding, Fix
from diagnostics.fix_plan import plan_fixes
from diagnostics.judgement import Checkup
from diagnostics.report._fix_command import fix_command
from diagnostics.report._overview import word, worst_first
from diagnostics.report_format import DEFAULT_OPTIONS, ReportFormat, ReportOptions
from diagnostics.subjects.run_history import RunHistory

__all__ = ["SCHEMA_VERSION", "JsonDocument", "document"]

SCHEMA_VERSION = 1


class JsonDocument(ReportFormat):
    """Everything that a checkup holds, as JSON."""

    name: ClassVar[str] = "json"

    def write(
        self,
        checkups: Sequence[Checkup[RunHistory]],
        stream: TextIO,
        options: ReportOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Write one document; only ASCII, so that every stream takes it."""
        json.dump(document(checkups, options), stream, indent=2, allow_nan=False)
        stream.write("\n")


def document(
    checkups: Sequence[Checkup[RunHistory]], options: ReportOptions = DEFAULT_OPTIONS
) -> dict[str, Any]:
    """Return the document as plain values."""
    ordered = worst_first(checkups) if options.overview else checkups
    return {
        "schema_version": SCHEMA_VERSION,
        "runs": [_run(checkup, options) for checkup in ordered],
        "not_read": [{"path": each.path, "message": each.message} for each in options.unread],
    }


def _run(checkup: Checkup[RunHistory], options: ReportOptions) -> dict[str, Any]:
    run = checkup.subject
    best = series.best_point(run)
    return {
        "path": run.source,
        "reader": checkup.reader,
        "verdict": word(checkup),
        "monitor": run.monitor,
        "best_epoch": None if best is None else _number(best.epoch),
        "findings": [_finding(found) for found in checkup.findings],
        "changes": [
            {"id": planned.rule, **_fix(planned.fix)}
            for planned in plan_fixes(checkup.findings).changes
        ],
        "not_judged": [
            {"id": rule.id, "name": rule.name, "reason": reason}
            for rule, reason in checkup.not_judged
        ],
        "switched_off": [
            {"id": off.rule.id, "name": off.rule.name, "reason": off.reason}
            for off in checkup.switched_off
        ],
        "failed": [
            {"id": rule.id, "name": rule.name, "error": error} for rule, error in checkup.crashed
        ],
        "notes": list(run.notes),
        "others": [str(path) for path in checkup.others],
    } | ({"fix_command": fix_command(checkup)} if options.fix_command else {})


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "id": found.rule,
        "name": found.name,
        "severity": found.severity.value,
        "tier": found.tier.value,
        "root_cause": found.consequence_of is None,
        "consequence_of": found.consequence_of,
        "message": found.message,
        "doubt": found.doubt,
        "evidence": [_evidence(evidence) for evidence in found.evidence],
        "fixes": [_fix(fix) for fix in found.fixes],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "label": evidence.label,
        "value": _number(evidence.value),
        "unit": evidence.unit,
        "epochs": [_number(epoch) for epoch in evidence.epochs],
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "text": fix.text,
        "parameter": fix.parameter,
        "old": _number(fix.old),
        "new": _number(fix.new),
        "how": fix.how,
    }


def _number(value: Any) -> Any:
    """Return a value that JSON knows."""
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
