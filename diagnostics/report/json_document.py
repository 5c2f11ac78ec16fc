"""The report for programs: one JSON document with a version.

```
{schema_version, runs: [{path, reader, verdict, monitor, best_epoch, notes, others,
  findings: [{id, name, severity, tier, root_cause, consequence_of, message, doubt,
              evidence: [{label, value, unit, epochs}], fixes: [{text, parameter, old, new, how}]}],
  not_judged: [{id, name, reason}], failed: [{id, name, error}]}]}
```

`verdict` is `error`, `warning`, `info` or `healthy`. Numbers that JSON does not know are the
strings `NaN`, `Infinity` and `-Infinity`. Fields may be added without a new version.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, ClassVar, TextIO

from diagnostics import series
from diagnostics.checkup import Checkup
from diagnostics.findings import Evidence, Finding, Fix
from diagnostics.report_format import ReportFormat
from diagnostics.subjects.run_history import RunHistory

__all__ = ["SCHEMA_VERSION", "JsonDocument", "document"]

SCHEMA_VERSION = 1


class JsonDocument(ReportFormat):
    """Everything that a checkup holds, as JSON."""

    name: ClassVar[str] = "json"

    def write(self, checkups: Sequence[Checkup[RunHistory]], stream: TextIO) -> None:
        """Write one document; only ASCII, so that every stream takes it."""
        json.dump(document(checkups), stream, indent=2, allow_nan=False)
        stream.write("\n")


def document(checkups: Sequence[Checkup[RunHistory]]) -> dict[str, Any]:
    """Return the document as plain values."""
    return {"schema_version": SCHEMA_VERSION, "runs": [_run(checkup) for checkup in checkups]}


def _run(checkup: Checkup[RunHistory]) -> dict[str, Any]:
    run = checkup.subject
    best = series.best_point(run)
    return {
        "path": run.source,
        "reader": checkup.reader,
        "verdict": "healthy" if checkup.worst is None else checkup.worst.value,
        "monitor": run.monitor,
        "best_epoch": None if best is None else _number(best.epoch),
        "findings": [_finding(found) for found in checkup.findings],
        "not_judged": [
            {"id": rule.id, "name": rule.name, "reason": reason}
            for rule, reason in checkup.not_judged
        ],
        "failed": [
            {"id": rule.id, "name": rule.name, "error": error} for rule, error in checkup.crashed
        ],
        "notes": list(run.notes),
        "others": [str(path) for path in checkup.others],
    }


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
