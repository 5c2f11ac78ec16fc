"""Rule E101: a library that trainings need is not installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.declared_requirements import INDISPENSABLE, Demand, missing
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.pip_line import PipLine, plan_pip_line
from diagnostics.planned_libraries import planned_but_missing
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found, libraries
from diagnostics.subjects.environment import Environment

__all__ = ["MissingLibrary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingLibrary(Rule[Environment]):
    """A library that trainings need is not installed.

    Why it matters: the training ends at its first import, or when the Trainer is made, with an
    ImportError.

    What to change: install it, in a version that suits what is there already.

    Source: the metadata of the installed libraries. The Trainer of transformers needs PyTorch and
    accelerate, its extra `torch`.
    """

    id: ClassVar = "E101"
    name: ClassVar = "missing-library"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.installed,)
    doubt: ClassVar = "The training runs in another environment than this command."
    bad: ClassVar = {
        "no accelerate": found(libraries=libraries({"accelerate": None})),
        "what a library asks for is gone": found(
            libraries=libraries({"tokenizers": None}, {"transformers": ["tokenizers>=0.23.1"]})
        ),
        "the planned optimizer is in none": found(plan={"optimizer": "adamw_bnb_8bit"}),
        "several are gone": found(
            libraries=libraries({"numpy": None}, {"torch": ["numpy", "sympy", "jinja2>=3"]})
        ),
    }
    good: ClassVar = {
        "all there": found(),
        "the library of the planned optimizer is there": found(
            plan={"optimizer": "adamw_bnb_8bit"}, libraries=libraries({"bitsandbytes": "0.49.0"})
        ),
        "an extra that nobody asked for": found(
            libraries=libraries(requires={"transformers": ['timm>=1; extra == "timm"']})
        ),
        "for another system": found(
            libraries=libraries(requires={"torch": ['pywin32; sys_platform == "none"']})
        ),
        "for another Python": found(
            libraries=libraries(requires={"torch": ['tomli; python_version < "3.11"']})
        ),
    }

    shown: int = 6
    """Libraries named in the message; all of them are in the evidence."""

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look for what is needed and not there."""
        line = plan_pip_line(environment)
        gone = missing(environment)
        found = [
            self.finding(
                f"{name} is not installed, and no training runs without it.",
                evidence=[Evidence(label="missing", value=name)],
                fixes=[_fix(line, name)],
            )
            for name in INDISPENSABLE
            if name in gone
        ]
        planned = planned_but_missing(environment)
        found += [
            self.finding(
                f"{name} is not installed, though {why} is planned, which needs it.",
                evidence=[Evidence(label="missing", value=name)],
                fixes=[Fix(text=f"Install it: pip install {name}.")],
            )
            for name, why in planned.items()
        ]
        told = {*INDISPENSABLE, *planned}
        others = {name: asked for name, asked in gone.items() if name not in told}
        return [*found, self._others(line, others)] if others else found

    def _others(self, line: PipLine, gone: Mapping[str, Sequence[Demand]]) -> Finding:
        """Return the finding about everything else that is asked for and not there."""
        told = [f"{name} ({_askers(asked)})" for name, asked in gone.items()]
        shown = ", ".join(told[: self.shown])
        more = f" and {len(told) - self.shown} more" if len(told) > self.shown else ""
        verb = "is" if len(told) == 1 else "are"
        if len(gone) == 1:
            fixes = [_fix(line, name) for name in gone]
        else:
            arguments = (line.change_of(name) for name in sorted(gone))
            told_to_pip = " ".join(each.argument for each in arguments if each is not None)
            fixes = [Fix(text=f"Install them: pip install {told_to_pip}.")]
        return self.finding(
            f"{shown}{more} {verb} not installed, though installed libraries need {_them(told)}.",
            evidence=[Evidence(label="missing", value=", ".join(gone))],
            fixes=fixes,
        )


def _them(told: Sequence[str]) -> str:
    return "it" if len(told) == 1 else "them"


def _askers(asked: Sequence[Demand]) -> str:
    names = list(dict.fromkeys(demand.library for demand in asked))
    return f"for {', '.join(names[:2])}{', ...' if len(names) > 2 else ''}"


def _fix(line: PipLine, name: str) -> Fix:
    change = line.change_of(name)
    wanted = change.wanted if change is not None else ""
    return Fix(
        text="Install it.",
        parameter=name,
        old="missing",
        new=wanted or "installed",
        how="versions that suit what is installed",
    )
