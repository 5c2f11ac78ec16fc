"""What other linters of training logs say about the same files, through a runner given by path."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.admission import Standing
from benchmarks.faults.figures import Share, Standings, false_alarms
from benchmarks.faults.judging import Case, is_alarm

__all__ = ["Rival", "Said", "compare", "run_rivals"]

Said = Mapping[str, Mapping[str, Sequence[str]]]
"""Run to tool to the checks that it raised as a warning or worse."""

_LOUD = ("warn", "error", "critical", "fail", "high", "severe")

_MEANS: Sequence[tuple[tuple[str, ...], frozenset[str]]] = (
    (("rate likely too low", "lr_too_low"), frozenset({"learning-rate-too-low"})),
    (
        ("rate likely too high", "diverg", "lr_too_high", "explod", "spike"),
        frozenset({"learning-rate-too-high"}),
    ),
    (("nan", "finite", "inf "), frozenset({"non-finite-loss"})),
    (("vanish", "frozen", "lr0"), frozenset({"no-gradient-flow", "learning-rate-too-low"})),
    (("leak", "val_below", "eval_below"), frozenset({"metric-suspect"})),
    (("no_eval",), frozenset({"no-evaluation"})),
    (("schedule",), frozenset({"schedule-dead-tail"})),
    (("overfit", "early stopping"), frozenset({"memorised", "wrong-checkpoint-kept"})),
    (
        ("flat", "dead", "plateau", "no_learning", "not learning", "stagnat", "underfit"),
        frozenset({"learning-rate-too-low", "underfits", "no-gradient-flow", "too-few-steps"}),
    ),
)
"""Words in the name of a check to the rules that mean the same, read generously."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """What one tool makes of the runs that have a `trainer_state.json`.

    Attributes:
        name: Of the tool.
        flagged: Faults on which it warns of anything.
        named: Faults on which any warning means the planted cause.
        clean: Healthy runs without a warning.
        alarms: Warnings on healthy runs, and the number of these.
    """

    name: str
    flagged: Share
    named: Share
    clean: Share
    alarms: tuple[int, int]


def run_rivals(python: str, runner: Path, cases: Sequence[Case]) -> dict[str, dict[str, list[str]]]:
    """Run the tools over the states of some runs.

    Args:
        python: Python of an environment that has the tools.
        runner: Script that is given a file to write and the states, and writes
            `{state: {tool: [[check, severity], ...]}}`.
        cases: The runs; those without a state are passed over.
    """
    states = {str(state): case for case in cases if (state := _state(case)) is not None}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "said.json"
        subprocess.run(
            [python, str(runner), str(target), *states], check=True, stdout=subprocess.DEVNULL
        )
        raw = json.loads(target.read_text(encoding="utf-8"))
    return {
        key_of(states[state]): {
            tool: [_head(check) for check, severity in told if _is_loud(severity)]
            for tool, told in tools.items()
        }
        for state, tools in raw.items()
    }


def compare(cases: Sequence[Case], standings: Standings, said: Said) -> list[Rival]:
    """Return the figures of each tool, ours first, on the runs that all of them have seen."""
    seen = [case for case in cases if key_of(case) in said]
    ours = {key_of(case): [f.name for f in case.findings if is_alarm(f)] for case in seen}
    found = [_rival("tuner diagnose", seen, standings, ours, own=True)]
    for tool in next(iter(said.values()), {}):
        theirs = {key: tools.get(tool, ()) for key, tools in said.items()}
        found.append(_rival(tool, seen, standings, theirs, own=False))
    return found


def key_of(case: Case) -> str:
    """Return the name of a run: its kind and its folder."""
    return f"{case.kind.name}/{case.folder.name}"


def _rival(
    name: str,
    cases: Sequence[Case],
    standings: Standings,
    said: Mapping[str, Sequence[str]],
    *,
    own: bool,
) -> Rival:
    faults = [c for c in cases if standings.get(str(c.folder)) is Standing.POSITIVE]
    healthy = [c for c in cases if standings.get(str(c.folder)) is Standing.HEALTHY]
    alarms = [len(false_alarms(c)) if own else len(said[key_of(c)]) for c in healthy]
    named = [_names(said[key_of(case)], case, own=own) for case in faults]
    return Rival(
        name=name,
        flagged=Share(hits=sum(bool(said[key_of(case)]) for case in faults), of=len(faults)),
        named=Share(hits=sum(named), of=len(faults)),
        clean=Share(hits=sum(count == 0 for count in alarms), of=len(healthy)),
        alarms=(sum(alarms), len(healthy)),
    )


def _names(checks: Sequence[str], case: Case, *, own: bool) -> bool:
    return any(bool((frozenset({c}) if own else _meaning(c)) & case.kind.causes) for c in checks)


def _meaning(check: str) -> frozenset[str]:
    name = check.lower()
    return next((rules for words, rules in _MEANS if any(w in name for w in words)), frozenset())


def _state(case: Case) -> Path | None:
    """Return the state that a run left, alone or in its checkpoint."""
    name = "trainer_state.json"
    return next(iter((*case.folder.glob(name), *case.folder.glob(f"checkpoint-*/{name}"))), None)


def _head(check: object) -> str:
    """Return the first line of a check's name, without the dots of a long one."""
    return str(check).partition("\n")[0][:60]


def _is_loud(severity: object) -> bool:
    return any(word in str(severity).lower() for word in _LOUD)
