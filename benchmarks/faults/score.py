"""Score the diagnoses of the kept runs: which faults are named, and what healthy runs are told.

Every kept run is diagnosed as `tuner diagnose FOLDER` would, those that keep predictions with them.
A planted fault counts only if it did harm: its F1 lies more than two standard deviations below the
mean of its healthy twins (same corpus and size, over the seeds), or the record itself shows it.
Otherwise it is silent, and a warning on it is false unless it names what was planted.

The thresholds of the rules were set on public histories before. The runs of seed 0 on the sample
data are *looked at*: rules may be changed after looking at them. All others are *scored* only.

The RATIO is false warnings on healthy runs per healthy run, of the scored runs.

Needs neither torch nor the corpora and takes seconds. The rivals were run over the same files; with
`--rivals PYTHON --runner SCRIPT` they are run again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

from benchmarks.faults import figures
from benchmarks.faults.admission import standings
from benchmarks.faults.figures import Share, Standings, Summary
from benchmarks.faults.fix_results import print_fixes
from benchmarks.faults.judging import Case, read_cases
from benchmarks.faults.rivals import Said, compare, run_rivals
from benchmarks.faults.tables import print_table

__all__ = ["main"]

FOLDER = Path(__file__).parent
HISTORIES = FOLDER / "histories"
RIVALS = FOLDER / "rivals.json"
FIXES = FOLDER / "fixes.tsv"

Part = tuple[str, list[Case]]


def parts_of(cases: Sequence[Case]) -> list[Part]:
    """Return the runs that were looked at, and those that are scored only."""
    looked_at = [case for case in cases if figures.is_looked_at(case)]
    scored = [case for case in cases if not figures.is_looked_at(case)]
    return [("looked at", looked_at), ("scored", scored)]


def print_summary(parts: Sequence[Part], known: Standings) -> None:
    """Print the main figures side by side."""
    told = [figures.summary(cases, known) for _, cases in parts]
    lines: list[tuple[str, Callable[[Summary], str]]] = [
        ("first root cause is the planted one", lambda s: str(s.first)),
        ("among the first three", lambda s: str(s.first_three)),
        ("a warning names it", lambda s: str(s.warned)),
        ("no warning at all on a fault", lambda s: str(s.abstained)),
        ("healthy runs without a false warning", lambda s: str(s.healthy_clean)),
        ("false warnings per healthy run", lambda s: _rate(s.healthy_alarms)),
        ("false warnings per silent fault", lambda s: _rate(s.silent_alarms)),
    ]
    rows = [(line, *(show(each) for each in told)) for line, show in lines]
    print_table("Diagnoses", ("", *(name for name, _ in parts)), rows)


def print_kinds(cases: Sequence[Case], known: Standings) -> None:
    """Print, for each fault, what it cost and how often it is named."""
    shares = figures.by_kind(cases, known)
    rows = []
    for name, (positive, named) in shares.items():
        runs = [case for case in cases if case.kind.name == name]
        kind = runs[0].kind
        corpora = {case.corpus for case in runs}
        twins = [c for c in cases if c.kind.name == kind.twin and c.corpus in corpora]
        told = sorted({case.roots[0].name if case.roots else "nothing" for case in runs})
        rows.append(
            (
                f"{name}*" if kind.predictions else name,
                kind.does,
                f"{_mean_f1(runs)} / {_mean_f1(twins)}",
                kind.evidence,
                f"{positive.hits}/{positive.of}",
                f"{named.hits}/{named.of}" if named.of else "–",
                ", ".join(told),
            )
        )
    columns = ("fault", "what is done", "F1 / twins", "by", "counts", "named first", "told first")
    print_table("Faults, all runs (* judged with the predictions)", columns, rows)


def print_doubles(cases: Sequence[Case], known: Standings) -> None:
    """Print how often both of two planted faults are named, anywhere in the report."""
    rows = [
        (name, f"{one.hits}/{one.of}", f"{both.hits}/{both.of}")
        for name, (one, both) in figures.all_named(cases, known).items()
    ]
    print_table("Two faults at once, all runs", ("faults", "one named", "both named"), rows)


def print_healthy(cases: Sequence[Case]) -> None:
    """Print what each healthy kind is warned of."""
    rows = []
    for name in dict.fromkeys(case.kind.name for case in cases if case.kind.healthy):
        runs = [case for case in cases if case.kind.name == name]
        told = sorted({alarm for case in runs for alarm in figures.false_alarms(case)})
        clean = sum(not figures.false_alarms(case) for case in runs)
        rows.append(
            (name, runs[0].kind.does, _mean_f1(runs), f"{clean}/{len(runs)}", ", ".join(told))
        )
    print_table("Healthy, all runs", ("run", "what is unusual", "F1", "clean", "warned of"), rows)


def print_rules(cases: Sequence[Case], known: Standings) -> None:
    """Print recall and precision of each rule that was asked or warned."""
    recall = figures.recall_by_rule(cases, known)
    precision = figures.precision_by_rule(cases, known)
    none = Share(hits=0, of=0)
    rows = [
        (rule, str(recall.get(rule, none)), str(precision.get(rule, none)))
        for rule in sorted({*recall, *precision})
    ]
    print_table("Rules, scored runs", ("rule", "recall", "precision of its warnings"), rows)


def print_rivals(parts: Sequence[Part], known: Standings, said: Said) -> None:
    """Print what each tool makes of the runs that left a state."""
    columns = ("tool", "faults warned of", "named", "clean healthy runs", "false warnings per run")
    for name, cases in parts:
        rows = [
            (each.name, str(each.flagged), str(each.named), str(each.clean), _rate(each.alarms))
            for each in compare(cases, known, said)
        ]
        print_table(f"Runs that left a trainer_state.json, {name}", columns, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge, count, print."""
    options = _options(arguments)
    cases = list(read_cases(options.histories, predictions=not options.no_predictions))
    known = standings(cases)
    parts = parts_of(cases)
    print_summary(parts, known)
    print_kinds(cases, known)
    print_doubles(cases, known)
    print_healthy(cases)
    print_rules(parts[1][1], known)
    if options.fixes.is_file():
        print_fixes(options.fixes)
    if options.rivals:
        said = run_rivals(options.rivals, options.runner, cases)
        options.said.write_text(_lines(said), encoding="utf-8")
    if options.said.is_file():
        print_rivals(parts, known, json.loads(options.said.read_text(encoding="utf-8")))
    alarms, runs = figures.summary(parts[1][1], known).healthy_alarms
    print(f"\nRATIO false warnings / healthy runs: {alarms} / {runs}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--histories", type=Path, default=HISTORIES, metavar="DIR")
    parser.add_argument("--fixes", type=Path, default=FIXES, metavar="FILE")
    parser.add_argument("--said", type=Path, default=RIVALS, metavar="FILE", help="of the rivals")
    parser.add_argument(
        "--no-predictions", action="store_true", help="judge by what the Trainer leaves alone"
    )
    parser.add_argument("--rivals", metavar="PYTHON", help="run them: Python that has the tools")
    parser.add_argument("--runner", type=Path, metavar="SCRIPT", help="script that runs them")
    options = parser.parse_args(arguments)
    if bool(options.rivals) != bool(options.runner):
        parser.error("--rivals and --runner go together")
    return options


def _lines(said: Said) -> str:
    rows = (f"{json.dumps(run)}:{json.dumps(tools)}" for run, tools in sorted(said.items()))
    return "{" + ",\n".join(rows) + "}\n"


def _rate(counts: tuple[int, int]) -> str:
    alarms, runs = counts
    return f"{alarms / runs:.2f} ({alarms}/{runs})" if runs else "–"


def _mean_f1(cases: Sequence[Case]) -> str:
    known = [case.score for case in cases if case.score is not None]
    return f"{mean(known):.2f}" if known else "–"


if __name__ == "__main__":
    main()
