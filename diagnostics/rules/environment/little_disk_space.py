"""Rule E205: the disk is too full for checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.memory_formulas import shown_bytes
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found
from diagnostics.rules.environment._evidence.sizes import gibibytes
from diagnostics.subjects.environment import Environment, Host

__all__ = ["LittleDiskSpace"]

_PER_PARAMETER = 12
"""Bytes: 4 for the weight and 8 for the two moments of AdamW, all in fp32."""

_BASE = {"parameters": 110_000_000}


def _free(gibibytes: float) -> Host:
    return Host(disk_folder="runs", disk_free=int(gibibytes * 2**30))


@dataclass(frozen=True, slots=True, kw_only=True)
class LittleDiskSpace(Rule[Environment]):
    """The disk is too full for the checkpoints of a training.

    Why it matters: a checkpoint holds the weights and the optimizer's two moments, three times the
    model. A training that cannot write one dies there, after hours perhaps.

    What to change: free some space, write elsewhere, or keep fewer checkpoints.

    Source: 12 bytes per parameter (fp32 weights and the moments of AdamW). Trainings keep the last
    and the best checkpoint and write the next before one of them goes: three at a time.
    """

    id: ClassVar = "E205"
    name: ClassVar = "little-disk-space"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.host,)
    doubt: ClassVar = "The training writes to another disk, or keeps the model alone."
    bad: ClassVar = {
        "not even one checkpoint": found(host=_free(0.8), model=_BASE),
        "one, but not three": found(host=_free(2.5), model=_BASE),
        "an unknown model, and next to nothing free": found(host=_free(0.3)),
    }
    good: ClassVar = {
        "enough": found(host=_free(200), model=_BASE),
        "a small model": found(host=_free(2.5), model={"parameters": 22_000_000}),
        "an unknown model": found(host=_free(6)),
    }

    checkpoints: int = 3
    """Checkpoints that must fit at a time."""
    least: int = 2**30
    """Bytes that should be free for an unknown model. Judgement: a small encoder's checkpoints."""

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Compare what is free with the size of checkpoints."""
        host = environment.host
        free = host.disk_free if host is not None else None
        if host is None or free is None:
            return NotApplicable(reason="the free disk space is not known")
        parameters = environment.model.get("parameters")
        if not isinstance(parameters, int):
            return [self._unknown(host.disk_folder, free)] if free < self.least else []
        one = _PER_PARAMETER * parameters
        if free >= self.checkpoints * one:
            return []
        severity = Severity.ERROR if free < one else Severity.WARNING
        return [
            self.finding(
                f"{shown_bytes(free)} are free in {host.disk_folder}, but a checkpoint of this "
                f"model takes {shown_bytes(one)}, and {self.checkpoints} are there at a time.",
                evidence=[
                    Evidence(label="free", value=gibibytes(free), unit="GiB"),
                    Evidence(label="one checkpoint", value=gibibytes(one), unit="GiB"),
                ],
                fixes=_fixes(free, one),
                severity=severity,
            )
        ]

    def _unknown(self, folder: str, free: int) -> Finding:
        return self.finding(
            f"Only {shown_bytes(free)} are free in {folder}.",
            evidence=[Evidence(label="free", value=gibibytes(free), unit="GiB")],
            fixes=_fixes(free, self.least),
            severity=Severity.INFO,
            tier=Tier.HEURISTIC,
        )


def _fixes(free: int, one: int) -> list[Fix]:
    elsewhere = Fix(text="Free some disk space, or write to another disk (--runs-dir).")
    if free < one:
        return [elsewhere]
    fewer = Fix(
        text="Keep the newest checkpoint only.",
        parameter="save_total_limit",
        new=1,
        how="each one takes as much as the others",
    )
    return [elsewhere, fewer]
