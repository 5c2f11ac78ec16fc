"""The figures of the benchmark, from judged runs; nothing here prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.faults.admission import Standing
from benchmarks.faults.judging import Case, is_alarm
from diagnostics.statistics import wilson_interval

__all__ = [
    "Share",
    "Summary",
    "all_named",
    "by_kind",
    "false_alarms",
    "is_looked_at",
    "precision_by_rule",
    "recall_by_rule",
    "summary",
]

Standings = Mapping[str, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many.

    Attributes:
        hits: How many.
        of: Of how many; may be 0.
    """

    hits: int
    of: int

    def __str__(self) -> str:
        """Return the share with its 95 % Wilson interval."""
        if not self.of:
            return "–"
        low, high = wilson_interval(self.hits / self.of, self.of)
        return f"{self.hits / self.of:.2f} ({self.hits}/{self.of}; {low:.2f} to {high:.2f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How good the diagnoses of some runs are.

    Attributes:
        first: Faults whose first root cause is right.
        first_three: Faults with a right one among the first three.
        warned: Faults of which a right rule warns, or worse.
        abstained: Faults about which no warning was raised at all.
        healthy_clean: Healthy runs without any false warning.
        healthy_alarms: False warnings on healthy runs, and the number of these.
        silent_alarms: False warnings on silent faults, and the number of these.
    """

    first: Share
    first_three: Share
    warned: Share
    abstained: Share
    healthy_clean: Share
    healthy_alarms: tuple[int, int]
    silent_alarms: tuple[int, int]


def is_looked_at(case: Case) -> bool:
    """Whether rules may have been changed after looking at this run; the others are scored only."""
    return case.corpus == "sample" and case.seed == 0


def summary(cases: Sequence[Case], standings: Standings) -> Summary:
    """Return the figures of some runs."""
    faults = _with(cases, standings, Standing.POSITIVE)
    healthy = _with(cases, standings, Standing.HEALTHY)
    silent = _with(cases, standings, Standing.SILENT)
    return Summary(
        first=_share(faults, lambda case: case.names_the_cause(1)),
        first_three=_share(faults, lambda case: case.names_the_cause(3)),
        warned=_share(faults, _warned),
        abstained=_share(faults, lambda case: not any(map(is_alarm, case.findings))),
        healthy_clean=_share(healthy, lambda case: not false_alarms(case)),
        healthy_alarms=(sum(len(false_alarms(case)) for case in healthy), len(healthy)),
        silent_alarms=(sum(len(false_alarms(case)) for case in silent), len(silent)),
    )


def false_alarms(case: Case) -> list[str]:
    """Return the rules that warn of something that is not so.

    A silent fault is still there: a rule that names it is right, even though it did no harm. What
    follows from such a finding is right with it.
    """
    true = case.kind.causes | case.kind.allowed
    right = {found.rule for found in case.findings if found.name in true}
    return [
        found.name
        for found in case.findings
        if is_alarm(found) and found.name not in true and found.consequence_of not in right
    ]


def by_kind(cases: Sequence[Case], standings: Standings) -> dict[str, tuple[Share, Share]]:
    """Return, of each kind, how many runs count as positive, and how many of these are named."""
    found = {}
    for name in dict.fromkeys(case.kind.name for case in cases if not case.kind.healthy):
        runs = [case for case in cases if case.kind.name == name and str(case.folder) in standings]
        positive = _with(runs, standings, Standing.POSITIVE)
        found[name] = (
            Share(hits=len(positive), of=len(runs)),
            _share(positive, lambda case: case.names_the_cause(1)),
        )
    return found


def all_named(cases: Sequence[Case], standings: Standings) -> dict[str, tuple[Share, Share]]:
    """Return, of each kind with several faults, how often one of them is named, and all are.

    Findings of any severity count, consequences too: with two faults one may be told as following
    from the other.
    """
    found = {}
    doubles = [case for case in cases if case.kind.planted]
    for name in dict.fromkeys(case.kind.name for case in doubles):
        runs = [case for case in doubles if case.kind.name == name]
        positive = _with(runs, standings, Standing.POSITIVE)
        found[name] = (_share(positive, _names_any), _share(positive, _names_all))
    return found


def _names_any(case: Case) -> bool:
    return any(_raised(case, rule) for rule in case.kind.causes)


def _names_all(case: Case) -> bool:
    return all(any(_raised(case, rule) for rule in fault) for fault in case.kind.planted)


def recall_by_rule(cases: Sequence[Case], standings: Standings) -> dict[str, Share]:
    """Return how many faults each rule names, of those that it should name.

    A rule is asked of the faults that accept it. One that another accepted rule names instead does
    not count against it.
    """
    faults = _with(cases, standings, Standing.POSITIVE)
    found = {}
    for rule in sorted({name for case in faults for name in case.kind.causes}):
        asked = [case for case in faults if rule in case.kind.causes]
        hits = sum(_raised(case, rule) for case in asked)
        missed = sum(not any(_raised(case, name) for name in case.kind.causes) for case in asked)
        if hits + missed:
            found[rule] = Share(hits=hits, of=hits + missed)
    return found


def precision_by_rule(cases: Sequence[Case], standings: Standings) -> dict[str, Share]:
    """Return how many root causes that each rule warns of are the planted ones.

    On runs that are healthy or silent every other warning is false. On a faulty run a warning
    besides the planted cause is a symptom told as a cause, and counts as false here, too.
    """
    right: dict[str, list[bool]] = {}
    for case in cases:
        if str(case.folder) not in standings:
            continue
        true = case.kind.causes | case.kind.allowed
        for found in case.roots:
            if is_alarm(found):
                right.setdefault(found.name, []).append(found.name in true)
    return {rule: Share(hits=sum(told), of=len(told)) for rule, told in sorted(right.items())}


def _warned(case: Case) -> bool:
    return any(is_alarm(found) and found.name in case.kind.causes for found in case.findings)


def _raised(case: Case, rule: str) -> bool:
    return any(found.name == rule for found in case.findings)


def _with(cases: Iterable[Case], standings: Standings, standing: Standing) -> list[Case]:
    return [case for case in cases if standings.get(str(case.folder)) is standing]


def _share(cases: Sequence[Case], holds: Callable[[Case], bool]) -> Share:
    return Share(hits=sum(map(holds, cases)), of=len(cases))
