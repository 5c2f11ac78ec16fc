"""The report for programs: one JSON document with a version, described by schema.json beside it.

`verdict` is `error`, `warning`, `info` or `healthy`. Numbers that JSON does not know are the
strings `NaN`, `Infinity` and `-Infinity`. Fields may be added without a new version.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TextIO

from diagnostics.findings import Evidence, Finding, Fix, Place
from diagnostics.fix_plan import plan_fixes
from diagnostics.judgement import Checkup
from diagnostics.report._indented_json import indented_json
from diagnostics.report._overview import word, worst_first
from diagnostics.report._presenter import presenter_of
from diagnostics.report_format import DEFAULT_OPTIONS, ReportFormat, ReportOptions

__all__ = ["SCHEMA_VERSION", "JsonDocument", "document"]

SCHEMA_VERSION = 1


class JsonDocument(ReportFormat):
    """Everything that a checkup holds, as JSON."""

    name: ClassVar[str] = "json"

    def write(
        self,
        checkups: Sequence[Checkup[Any]],
        stream: TextIO,
        options: ReportOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Write one document; only ASCII, so that every stream takes it."""
        stream.write(indented_json(document(checkups, options)) + "\n")


def document(
    checkups: Sequence[Checkup[Any]], options: ReportOptions = DEFAULT_OPTIONS
) -> dict[str, Any]:
    """Return the document as plain values."""
    ordered = worst_first(checkups) if options.overview else checkups
    return {
        "schema_version": SCHEMA_VERSION,
        "runs": [_checkup(checkup, options) for checkup in ordered],
        "not_read": [{"path": each.path, "message": each.message} for each in options.unread],
    }


def _checkup(checkup: Checkup[Any], options: ReportOptions) -> dict[str, Any]:
    presenter = presenter_of(checkup.subject)
    document: dict[str, Any] = {
        "kind": presenter.kind,
        "path": presenter.source(checkup.subject),
        "reader": checkup.reader,
        "verdict": word(checkup),
        **_plain(presenter.document(checkup.subject)),
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
        "notes": list(presenter.notes(checkup.subject)),
        "others": [str(path) for path in checkup.others],
    }
    if options.fix_command:
        document["fix_command"] = presenter.fix_command(checkup)
    if commands := presenter.next_commands(checkup):
        document["next_commands"] = [
            {"command": command, "purpose": what} for command, what in commands
        ]
    return document


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
    } | _places(found)


def _places(found: Finding) -> dict[str, Any]:
    """Return the first place by itself too, for programs that know only one; nothing without."""
    if not found.places:
        return {}
    places = [_place(place) for place in found.places]
    first = {key: value for key, value in places[0].items() if key != "text"}
    return {**first, "places": places}


def _place(place: Place) -> dict[str, Any]:
    line = {} if place.line is None else {"line": place.line}
    return {"file": place.file, **line, "text": place.text}


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


def _plain(value: Any) -> Any:
    """Return a nested value as JSON knows it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return _number(value)
