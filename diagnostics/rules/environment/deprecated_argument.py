"""Rule E304: the script uses an argument that will go with a coming release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.scripts import rewrite, scanned
from diagnostics.script_misfits import Misfit, argument_misfits
from diagnostics.subjects.environment import Environment

__all__ = ["DeprecatedArgument"]

_OLD = {"gradient_checkpointing": "Deprecated alias of `activation_checkpointing`, removed in v6."}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeprecatedArgument(Rule[Environment]):
    """The script uses an argument that will go with a coming release.

    Why it matters: it works now, with a warning; after an update the script ends before its first
    step.

    What to change: what the library itself says in its place.

    Source: the help texts of the installed class, which begin with "Deprecated".
    """

    id: ClassVar = "E304"
    name: ClassVar = "deprecated-argument"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.script, needs.signatures)
    doubt: ClassVar = "The script will never run with a newer version."
    bad: ClassVar = {
        "an alias": scanned(
            {"gradient_checkpointing": "True"},
            names={"gradient_checkpointing", "activation_checkpointing"},
            deprecated=_OLD,
        ),
        "one without a successor": scanned(
            {"debug": '""'}, names={"debug"}, deprecated={"debug": "Deprecated, without effect."}
        ),
    }
    good: ClassVar = {
        "not deprecated here": scanned(
            {"gradient_checkpointing": "True"}, names={"gradient_checkpointing"}
        ),
        "the new name": scanned({"eval_strategy": '"no"'}, deprecated=_OLD),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look for arguments whose help text says so."""
        return [
            self.finding(
                f"{misfit.name} will go: {misfit.note}.",
                evidence=[Evidence(label="deprecated name", value=misfit.name)],
                fixes=[_fix(misfit)],
                places=misfit.places,
            )
            for misfit in argument_misfits(environment)
            if misfit.kind == "deprecated"
        ]


def _fix(misfit: Misfit) -> Fix:
    if misfit.new:
        return rewrite(misfit, "the library names it in its place")
    return Fix(text=f"Do as the library says of {misfit.name}: {misfit.note}.")
