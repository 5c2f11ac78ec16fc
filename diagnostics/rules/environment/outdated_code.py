"""Rule E305: the script holds code that the installed libraries no longer take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.outdated_patterns import OutdatedPattern, code_misfits
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found, libraries
from diagnostics.subjects.environment import Environment
from diagnostics.subjects.training_script import OutdatedCode, TrainingScript

__all__ = ["OutdatedCodeInScript"]


def _scanned(pattern: str, **versions: str) -> Environment:
    seen = OutdatedCode(pattern=pattern, line=12, text="def compute_loss(self, model, inputs):")
    return found(
        script=TrainingScript(path="train.py", outdated=(seen,)), libraries=libraries(versions)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedCodeInScript(Rule[Environment]):
    """The script holds code that the installed libraries no longer take.

    Why it matters: the script ends at an import, or at the first step, with an error about a name
    or an argument that used to be right.

    What to change: the line given, as the fix says.

    Source: the changes of transformers and datasets, by pattern.
    """

    id: ClassVar = "E305"
    name: ClassVar = "outdated-code"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.script, needs.installed)
    doubt: ClassVar = "The code is never reached, or runs with another version."
    bad: ClassVar = {
        "compute_loss of old": _scanned("compute-loss-without-item-count"),
        "AdamW of old": _scanned("adamw-of-transformers"),
        "load_metric of old": _scanned("load-metric-of-datasets", datasets="4.0.0"),
    }
    good: ClassVar = {
        "an old library": _scanned("compute-loss-without-item-count", transformers="4.40.0"),
        "a library that is missing": _scanned("load-metric-of-datasets"),
        "nothing of the kind": found(script=TrainingScript(path="train.py")),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Compare what was seen with the installed versions."""
        return [
            self._finding(environment, seen, pattern) for seen, pattern in code_misfits(environment)
        ]

    def _finding(
        self, environment: Environment, seen: OutdatedCode, pattern: OutdatedPattern
    ) -> Finding:
        path = environment.script.path if environment.script is not None else ""
        version = environment.version(pattern.library) or ""
        wrong = f"{pattern.wrong[:1].upper()}{pattern.wrong[1:]}"
        return self.finding(
            f"{wrong} ({pattern.library} {version} is installed).",
            evidence=[
                Evidence(label=pattern.library, value=version),
                Evidence(label="outdated for", value=f"{pattern.library}{pattern.releases}"),
            ],
            fixes=[Fix(text=f"In line {seen.line}: {pattern.instead}.")],
            places=[Place(file=path, line=seen.line, text=seen.text)],
        )
