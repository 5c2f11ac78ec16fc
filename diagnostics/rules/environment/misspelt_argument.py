"""Rule E303: the script uses an argument that no version of transformers is known to have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.scripts import installed_class, rewrite, scanned
from diagnostics.script_misfits import Misfit, argument_misfits
from diagnostics.subjects.environment import Environment

__all__ = ["MisspeltArgument"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MisspeltArgument(Rule[Environment]):
    """The script uses an argument that no version of transformers is known to have.

    Why it matters: the script ends with "unexpected keyword argument" before its first step. As a
    rule it is a slip of the pen, or an argument of another class.

    What to change: the name, to the nearest one that the installed class knows.

    Source: the arguments of the installed class, read from its source.
    """

    id: ClassVar = "E303"
    name: ClassVar = "misspelt-argument"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.script, needs.signatures)
    doubt: ClassVar = "The script runs with another version of transformers."
    bad: ClassVar = {
        "a letter is missing": scanned({"learning_rat": "2e-5"}),
        "like nothing that is known": scanned({"zzz": "1"}),
    }
    good: ClassVar = {
        "known": scanned({"learning_rate": "2e-5"}),
        "an old name": scanned({"evaluation_strategy": '"epoch"'}),
        "newer than the library": scanned(
            {"eval_strategy": '"epoch"'}, names={"evaluation_strategy", "output_dir"}
        ),
        "of a class of one's own": scanned(
            {"crf_learning_rate": "1e-3"}, own={"crf_learning_rate"}
        ),
        "a flag, perhaps of another class": scanned({"model_name_or_path": '"bert"'}, flags=True),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look for names that are neither known nor former ones."""
        return [
            self.finding(
                f"{installed_class(environment, misfit)} knows no argument {misfit.name}.",
                evidence=[Evidence(label="unknown name", value=misfit.name)],
                fixes=[_fix(misfit)],
                places=misfit.places,
            )
            for misfit in argument_misfits(environment)
            if misfit.kind == "misspelt"
        ]


def _fix(misfit: Misfit) -> Fix:
    if misfit.new:
        return rewrite(misfit, "the nearest name that is known")
    text = f"Leave {misfit.name} out in {misfit.lines}, or give it to the class it belongs to."
    return Fix(text=text)
