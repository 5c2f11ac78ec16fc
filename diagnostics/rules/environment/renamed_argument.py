"""Rule E301: the script uses an argument that the installed transformers calls otherwise."""

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

__all__ = ["RenamedArgument"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamedArgument(Rule[Environment]):
    """The script uses an argument that the installed transformers calls otherwise.

    Why it matters: the script ends with "unexpected keyword argument" before its first step.

    What to change: the name, in the line given; or the version of transformers that the script was
    written for.

    Source: the arguments of the installed class, read from its source; a table of what old names
    became.
    """

    id: ClassVar = "E301"
    name: ClassVar = "renamed-argument"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.script, needs.signatures)
    doubt: ClassVar = "The script runs with another version of transformers."
    bad: ClassVar = {
        "renamed since": scanned({"evaluation_strategy": '"epoch"'}),
        "an argument of the Trainer": scanned({"tokenizer": "tokenizer"}, callee="Trainer"),
        "newer than the library": scanned(
            {"eval_strategy": '"epoch"'}, names={"evaluation_strategy", "output_dir"}
        ),
        "a flag": scanned({"warmup_ratio": '"0.1"'}, flags=True),
    }
    good: ClassVar = {
        "the present name": scanned({"eval_strategy": '"epoch"'}),
        "still known to this version": scanned(
            {"evaluation_strategy": '"epoch"'}, names={"evaluation_strategy", "output_dir"}
        ),
        "removed, not renamed": scanned({"overwrite_output_dir": "True"}),
        "of the same name, in a class of one's own": scanned(
            {"evaluation_strategy": '"epoch"'}, own={"evaluation_strategy"}
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look for old names, and for names that are too new."""
        return [
            self.finding(
                f"{installed_class(environment, misfit)} knows no argument {misfit.name}.",
                evidence=[Evidence(label="unknown name", value=misfit.name)],
                fixes=_fixes(misfit),
                places=misfit.places,
            )
            for misfit in argument_misfits(environment)
            if misfit.kind in ("renamed", "newer")
        ]


def _fixes(misfit: Misfit) -> list[Fix]:
    if misfit.kind == "renamed":
        return [rewrite(misfit, misfit.note)]
    update = "Update transformers: it is older than the script (pip install -U transformers)."
    return [Fix(text=update), rewrite(misfit, "or the name that the installed version has")]
