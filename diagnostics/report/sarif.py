"""The report for code scanning: SARIF 2.1.0.

One SARIF run holds all checkups. Each finding is a result with a level, a place and a fingerprint
that stays the same from one checkup to the next; each rule that could have spoken is described.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TextIO
from urllib.parse import quote

from diagnostics.findings import Finding, Severity
from diagnostics.judgement import Checkup
from diagnostics.report._phrases import TIERS, evidence_sentence, fix_sentence
from diagnostics.report._presenter import presenter_of
from diagnostics.report._text import clean
from diagnostics.report_format import DEFAULT_OPTIONS, ReportFormat, ReportOptions
from diagnostics.rule import Rule
from diagnostics.subjects.dataset import Dataset

__all__ = ["Sarif", "log_document"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FINGERPRINT = "diagnosis/v1"


class Sarif(ReportFormat):
    """Findings as results of a static analysis, which code hosts show beside the file."""

    name: ClassVar[str] = "sarif"

    def write(
        self,
        checkups: Sequence[Checkup[Any]],
        stream: TextIO,
        options: ReportOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Write one log; only ASCII, so that every stream takes it."""
        json.dump(log_document(checkups, options), stream, indent=2, allow_nan=False)
        stream.write("\n")


def log_document(
    checkups: Sequence[Checkup[Any]], options: ReportOptions = DEFAULT_OPTIONS
) -> dict[str, Any]:
    """Return the SARIF log as plain values."""
    rules = _rules(checkups)
    places = {rule.id: place for place, rule in enumerate(rules)}
    run: dict[str, Any] = {
        "tool": {"driver": {"name": _tool(checkups), "rules": [_described(r) for r in rules]}},
        "columnKind": "unicodeCodePoints",
        "results": [result for checkup in checkups for result in _results(checkup, places)],
        "invocations": [_invocation(checkups, options)],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _tool(checkups: Sequence[Checkup[Any]]) -> str:
    """Return the command that judged; `tuner diagnose` when nothing could be judged."""
    commands = {presenter_of(checkup.subject).command for checkup in checkups}
    return "tuner" if len(commands) > 1 else next(iter(commands), "tuner diagnose")


def _rules(checkups: Sequence[Checkup[Any]]) -> list[Rule[Any]]:
    asked = {each.rule.id: each.rule for checkup in checkups for each in checkup.judgements}
    return [asked[identifier] for identifier in sorted(asked)]


def _described(rule: Rule[Any]) -> dict[str, Any]:
    title, _, rest = (inspect.getdoc(type(rule)) or rule.name).partition("\n")
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": " ".join(rest.split()) or title},
        "help": {"text": f"`tuner explain {rule.id}` tells more."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"evidence": TIERS[rule.tier]},
    }


def _results(checkup: Checkup[Any], places: dict[str, int]) -> Iterator[dict[str, Any]]:
    told: dict[str, int] = {}
    for found in checkup.findings:
        told[found.rule] = told.get(found.rule, 0) + 1
        source = presenter_of(checkup.subject).source(checkup.subject)
        yield {
            "ruleId": found.rule,
            "ruleIndex": places[found.rule],
            "level": _LEVELS[found.severity],
            "message": {"text": _text(found)},
            "locations": _locations(found, checkup.subject, source),
            "partialFingerprints": {_FINGERPRINT: _fingerprint(found, source, told[found.rule])},
            "properties": {
                "evidence": TIERS[found.tier],
                "rootCause": found.consequence_of is None,
            },
        }


def _text(found: Finding) -> str:
    parts = [clean(found.message)]
    if evidence := evidence_sentence(found):
        parts.append(f"Evidence: {clean(evidence)}.")
    if found.consequence_of is not None:
        parts.append(f"Follows from {found.consequence_of}.")
    else:
        parts += [f"Fix: {clean(fix_sentence(fix, rule=found.rule))}" for fix in found.fixes[:1]]
    return " ".join(parts)


def _locations(found: Finding, subject: object, source: str) -> list[dict[str, Any]]:
    """Return every place of a finding; all of them have to be mended for it to go."""
    if found.places:
        return [_location(place.file, place.line or 1, place.text) for place in found.places]
    if isinstance(subject, Dataset):  # its source may be a folder, which has no lines
        files = [file for split in subject.splits.values() for file in split.files]
        return [_location(file) for file in files[:1]]
    # A log has no line that is to blame; code hosts refuse a place without one.
    return [_location(source, 1)]


def _location(file: str, line: int | None = None, text: str = "") -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if line is not None:
        physical["region"] = {"startLine": line}
        if text:
            physical["region"]["snippet"] = {"text": clean(text)}
    return {"physicalLocation": physical}


def _uri(source: str) -> str:
    """Return a path as a URI: relative where it is, or lies below the working directory."""
    path = Path(source)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except (ValueError, OSError):
            return "file://" + quote(path.as_posix(), errors="replace")
    # A colon in the first part would read as a scheme.
    return quote(path.as_posix(), errors="replace")


def _fingerprint(found: Finding, source: str, occurrence: int) -> str:
    """Return what stays the same while the run and the fault are the same, whatever the figures."""
    text = f"{found.rule}\n{_uri(source)}\n{occurrence}"
    return hashlib.sha256(text.encode()).hexdigest()


def _invocation(checkups: Sequence[Checkup[Any]], options: ReportOptions) -> dict[str, Any]:
    """Return how the checkup itself went: what could not be read, and rules that failed."""
    told = [f"Not read: {clean(each.path)}: {clean(each.message)}" for each in options.unread]
    told += [
        f"Rule {rule.id} failed: {clean(error)}"
        for checkup in checkups
        for rule, error in checkup.crashed
    ]
    return {
        "executionSuccessful": not told,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": text}} for text in told
        ],
    }
