"""Fixes that install a library, in accordance with the one line that mends all of them."""

from __future__ import annotations

from diagnostics.declared_requirements import Demand
from diagnostics.findings import Evidence, Finding, Fix, Severity
from diagnostics.pip_line import PipChange, PipLine
from diagnostics.rule import Rule
from diagnostics.subjects.environment import Environment
from diagnostics.version_ranges import tightest

__all__ = ["TORCH_BUILDS", "asking", "install", "unmet_demand"]

TORCH_BUILDS = "https://pytorch.org/get-started/locally/"
"""Where the builds of PyTorch are listed, each with its command."""


def unmet_demand(
    rule: Rule[Environment], demand: Demand, line: PipLine, severity: Severity | None = None
) -> Finding:
    """Return the finding that what one library asks of another is not installed."""
    return rule.finding(
        f"{asking(demand)}, but {demand.installed} is installed.",
        evidence=[
            Evidence(label=demand.library, value=demand.version),
            Evidence(label=demand.other, value=demand.installed or ""),
        ],
        fixes=install(line, demand),
        severity=severity,
    )


def install(line: PipLine, demand: Demand) -> list[Fix]:
    """Return what to install so that a requirement is met: what the whole line changes for it."""
    changes = [line.change_of(demand.other), line.change_of(demand.library)]
    return [_fix(change) for change in changes if change is not None and _mends(change, demand)]


def _mends(change: PipChange, demand: Demand) -> bool:
    return change.name == demand.library or demand.installed is None or not demand.met


def _fix(change: PipChange) -> Fix:
    how = f"{', '.join(change.because)} asks for it" if len(change.because) == 1 else ""
    how = how or (
        f"{', '.join(change.because)} ask for it"
        if change.because
        else "what else is installed asks for no other version"
    )
    return Fix(
        text="Install a version that suits all libraries.",
        parameter=change.name,
        old=change.old,
        new=change.wanted or "installed",
        how=how,
    )


def asking(demand: Demand) -> str:
    """Return a requirement as the beginning of a sentence: `transformers 5.23.0 asks for ...`."""
    verb = "asks for" if demand.declared else "works only with"
    return f"{demand.library} {demand.version} {verb} {demand.other}{tightest([demand.wanted])}"
