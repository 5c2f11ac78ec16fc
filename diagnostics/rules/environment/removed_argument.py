"""Rule E302: the script uses an argument that the installed transformers has removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.scripts import installed_class, scanned
from diagnostics.script_misfits import argument_misfits
from diagnostics.subjects.environment import Environment

__all__ = ["RemovedArgument"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedArgument(Rule[Environment]):
    """The script uses an argument that the installed transformers has removed.

    Why it matters: the script ends with "unexpected keyword argument" before its first step.

    What to change: leave it out; the fix says what stands in for it, if anything does.

    Source: the arguments of the installed class, read from its source; a table of what old names
    became.
    """

    id: ClassVar = "E302"
    name: ClassVar = "removed-argument"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.script, needs.signatures)
    doubt: ClassVar = "The script runs with another version of transformers."
    bad: ClassVar = {"removed": scanned({"overwrite_output_dir": "True"})}
    good: ClassVar = {
        "renamed, not removed": scanned({"evaluation_strategy": '"epoch"'}),
        "still known to this version": scanned(
            {"overwrite_output_dir": "True"}, names={"overwrite_output_dir", "output_dir"}
        ),
        "of a class of one's own": scanned(
            {"overwrite_output_dir": "True"}, own={"overwrite_output_dir"}
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look for arguments that are gone."""
        return [
            self.finding(
                f"{installed_class(environment, misfit)} has no argument {misfit.name} any more.",
                evidence=[Evidence(label="removed name", value=misfit.name)],
                fixes=[Fix(text=f"Leave {misfit.name} out in {misfit.lines}: {misfit.note}.")],
                places=misfit.places,
            )
            for misfit in argument_misfits(environment)
            if misfit.kind == "removed"
        ]
