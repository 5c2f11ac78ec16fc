"""Recognises, in what a training printed, the messages that tell why it failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from diagnostics._fault_signs import FAULTS, INTERRUPTED
from diagnostics._memory_figures import memory_figures
from diagnostics._memory_signs import ACCELERATOR, HOST, KILLED
from diagnostics._sign import LONGEST_LINE, Sign
from diagnostics.harmless_text import harmless
from diagnostics.subjects.run_history import RunEvent

__all__ = ["recognise", "recognise_all"]

_SIGNS: tuple[Sign, ...] = (*INTERRUPTED, *HOST, *ACCELERATOR, *FAULTS)
"""The first that fits a line decides."""

_LITERALS = tuple(
    dict.fromkeys(
        sign.literal
        for sign in _SIGNS
        if not any(other.literal in sign.literal != other.literal for other in _SIGNS)
    )
)
"""A line without any of them, as all but a few of a log are, tells of no failure."""

_LINE = re.compile(r"[^\r\n]+")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}m")
_RANK = re.compile(r"^(?:\[rank\d{1,4}\]:|E {2,4}|>{2,3}) ?")
_DIGITS = re.compile(r"\d+")

_ADVICE = re.compile(
    r"\b(?:avoid\w{0,3}|prevent\w{0,3}|in case of|if (?:you|it|this|there)|when (?:you|it)|"
    r"to fix|to (?:handle|catch|reduce)|may|might|could|can lead to|without)\b[^.]{0,80}$"
    r"|\b(?:like|such as|for example)\W{1,4}(?:CUDA error: )?$",
    re.IGNORECASE,
)
"""What stands before the words of a failure in a hint about failures."""

_NOT_A_FAILURE = re.compile(r"not (?:a|an) (?:failure|error)", re.IGNORECASE)
_MEMORY = ("out-of-memory", "host-out-of-memory")
_SPOKEN_OF = (*_MEMORY, "label-error")
"""Kinds of failures that hints and courses speak about."""

_EVALUATION = re.compile(r"\bin (?:evaluat\w{1,10}|nested_\w{1,20}|prediction_\w{1,10}|predict)\b")
_TRAINING = re.compile(r"\bin (?:training_step|compute_loss|backward)\b|\boptimizer\.step\(")
_LONGEST_MESSAGE = 300


def recognise(line: str) -> RunEvent | None:
    """Return what one printed line tells about a failure, None when it tells of none.

    Kinds: `out-of-memory` (accelerator), `host-out-of-memory` (memory or shared memory of the host,
    also a process that was killed), `label-error`, `version-conflict`, `unknown-argument`,
    `no-predictions`, `labels-not-chunks`, `non-finite`, `interrupted` and `error` (the last line of
    a traceback that is none of the others).

    Args:
        line: One line as it was printed; colours and a rank's prefix may be in it. Only its first
            4,000 characters are looked at.

    Returns:
        An event whose `message` is the line, harmless and at most 300 characters long. `details`
        hold what the line tells: the figures of `memory_figures`, `argument`, `callable`,
        `package`, `wanted`, `label`, `what` (which loss is not finite) and `cause`.
    """
    bare = _RANK.sub("", _COLOUR.sub("", line[:LONGEST_LINE]).strip())
    lowered = bare.lower()
    if lowered in KILLED:
        return _event("host-out-of-memory", bare, {"cause": "killed"})
    if not any(map(lowered.__contains__, _LITERALS)):
        return None
    for sign in _SIGNS:
        match = sign.pattern.search(bare) if sign.literal in lowered else None
        if match is not None and not _is_advice(sign, match, bare):
            return _event(sign.kind, bare, _details(sign, match, bare))
    return None


def recognise_all(text: str, *, most: int = 50) -> tuple[RunEvent, ...]:
    """Return what a printed text tells about failures, in its order.

    A message that is repeated with other figures counts once. What only echoes another failure is
    left out: a device-side assertion after the assertion itself, and a failure of cuBLAS to
    allocate where the memory had run out. The functions named in a traceback tell whether memory
    ran out in training or in evaluation (`details["phase"]`: `train` or `evaluation`).

    Args:
        text: Lines that end in line feeds or carriage returns.
        most: Events to return at most; the text behind the last one is not read.
    """
    found: dict[tuple[str, str], RunEvent] = {}
    phase = ""
    lines = _lines(text)
    for line in lines:
        phase = _phase(line, phase)
        event = recognise(line)
        if event is None:
            continue
        if event.kind == "out-of-memory" and phase:
            event = replace(event, details={**event.details, "phase": phase})
        found.setdefault((event.kind, _DIGITS.sub("#", event.message)), event)
        if len(found) >= most:
            break
    return tuple(_without_echoes(list(found.values())))


def _lines(text: str) -> Iterator[str]:
    """Yield the lines; the second half of a message about memory is joined to its first."""
    held = ""
    for match in _LINE.finditer(text):
        line = match.group()
        if held and line.lstrip().startswith("Tried to allocate"):
            line, held = f"{held} {line.lstrip()}", ""
        if held:
            yield held
        held = line if line.rstrip().endswith(").") and "out of memory" in line else ""
        if not held:
            yield line
    if held:
        yield held


def _phase(line: str, before: str) -> str:
    """Return in which part of a run the traceback that is being read lies, empty when unknown."""
    if line.startswith("Traceback"):
        return ""
    if _EVALUATION.search(line[:LONGEST_LINE]):
        return "evaluation"
    if not before and _TRAINING.search(line[:LONGEST_LINE]):
        return "train"
    return before


def _is_advice(sign: Sign, match: re.Match[str], line: str) -> bool:
    """Whether a line speaks about a failure without telling that it happened."""
    if sign.kind not in _SPOKEN_OF:
        return False
    before = line[max(0, match.start() - 100) : match.start()]
    return bool(_ADVICE.search(before) or _NOT_A_FAILURE.search(line, match.end()))


def _details(sign: Sign, match: re.Match[str], line: str) -> dict[str, Any]:
    details: dict[str, Any] = {
        name: harmless(value) for name, value in match.groupdict().items() if value is not None
    }
    if sign.cause:
        details["cause"] = sign.cause
    if sign.kind in _MEMORY:
        details |= memory_figures(line)
    return details


def _event(kind: str, line: str, details: dict[str, Any]) -> RunEvent:
    shown = harmless(line)
    if len(shown) > _LONGEST_MESSAGE:
        shown = shown[: _LONGEST_MESSAGE - 4].rstrip() + " ..."
    return RunEvent(kind=kind, message=shown, details=details)


def _without_echoes(events: list[RunEvent]) -> Iterator[RunEvent]:
    ran_out = any(event.kind == "out-of-memory" for event in events)
    asserted = any("ssertion" in event.message for event in events)
    for event in events:
        cause = event.details.get("cause")
        if ran_out and cause == "looks-like-out-of-memory":
            continue
        if asserted and cause == "device-side-assert":
            continue
        yield event
