"""Diagnoses of public training histories against the labels that a reader gave them by hand.

Each file of the collection is diagnosed as `tuner diagnose FILE` would. A label counts as *named*
when a rule that means the same raised a finding of any severity, as *alarmed* when one did as a
warning or error. Runs labelled `fine` should raise no warning at all; what their other labels say
(such as `no_eval`) is allowed. Labels that hedge (`mild`, `..._suspected`, `unstable`,
`undertrained`) were given softly and are to be read so.

The RATIO is warnings on fine runs per fine run.

Without the collection (`../shared/histories` or `--histories`) it says so and ends.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.report import environment, print_table, write_figures
from diagnostics.checkup import Checkup, diagnose
from diagnostics.errors import DiagnosticsError
from diagnostics.findings import Severity
from diagnostics.subjects.run_history import RunHistory

HISTORIES = Path(__file__).resolve().parents[2] / "shared" / "histories"

MEANING: Mapping[str, frozenset[str]] = {
    "diverged": frozenset({"learning-rate-too-high", "loss-spikes", "non-finite-loss"}),
    "failed": frozenset({"stopped-by-error", "unknown-argument", "version-conflict"}),
    "interrupted": frozenset({"interrupted", "stopped-by-error"}),
    "label_scheme": frozenset({"labels-are-not-chunks", "scheme-mismatch"}),
    "metric_suspect": frozenset({"metric-suspect", "label-map-mismatch", "accuracy-flatters"}),
    "nan": frozenset({"non-finite-loss"}),
    "nan_eval_loss_only": frozenset({"non-finite-loss"}),
    "no_eval": frozenset({"no-evaluation"}),
    "overfitting": frozenset({"overfits-metric", "memorised", "wrong-checkpoint-kept"}),
    "overfitting_loss_only": frozenset({"loss-rises-metric-holds"}),
    "overfitting_suspected": frozenset({"overfits-metric", "memorised"}),
    "stuck": frozenset(
        {
            "all-o-collapse",
            "learning-rate-too-high",
            "learning-rate-too-low",
            "no-gradient-flow",
            "not-learning",
            "too-few-steps",
            "underfits",
        }
    ),
    "stuck_plateau": frozenset({"not-learning", "wasted-epochs"}),
    "too_few_data": frozenset({"dev-set-too-small", "too-few-examples", "too-few-steps"}),
    "undertrained": frozenset(
        {
            "learning-rate-too-low",
            "not-learning",
            "schedule-dead-tail",  # of which all in the collection ended within their warm-up
            "still-improving",
            "too-few-steps",
            "underfits",
        }
    ),
    "unstable": frozenset({"learning-rate-too-high", "loss-spikes", "oscillating"}),
    "version_conflict": frozenset({"unknown-argument", "version-conflict"}),
}
"""Label to the rules that say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled file and what came of it.

    Attributes:
        file: Path below the collection.
        labels: What a reader saw in it.
        why: The reader's reason, in a line.
        refused: Why it was not read; None when it was.
        findings: Name of a rule to the severity of its finding.
    """

    file: str
    labels: frozenset[str]
    why: str
    refused: str | None
    findings: Mapping[str, Severity]

    @property
    def alarms(self) -> frozenset[str]:
        """Rules that warn, or worse."""
        return frozenset(n for n, grade in self.findings.items() if grade is not Severity.INFO)

    @property
    def false_alarms(self) -> frozenset[str]:
        """Warnings on a fine run that none of its other labels allows."""
        if "fine" not in self.labels:
            return frozenset()
        return self.alarms.difference(*(MEANING.get(label, ()) for label in self.labels))


def read_cases(histories: Path) -> Iterator[Case]:
    """Diagnose every labelled file."""
    with (histories / "labels.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            checkup, refused = _diagnosed(histories / row["file"])
            yield Case(
                file=row["file"],
                labels=frozenset(row["labels"].split(",")),
                why=row["reasoning"],
                refused=refused,
                findings={} if checkup is None else _gravest(checkup),
            )


def _diagnosed(path: Path) -> tuple[Checkup[RunHistory] | None, str | None]:
    try:
        return diagnose(path), None
    except DiagnosticsError as error:
        return None, error.message


def _gravest(checkup: Checkup[RunHistory]) -> dict[str, Severity]:
    found: dict[str, Severity] = {}
    for finding in checkup.findings:
        known = found.get(finding.name, Severity.INFO)
        found[finding.name] = min(known, finding.severity, key=lambda grade: grade.rank)
    return found


def print_agreement(cases: Sequence[Case]) -> None:
    """Print, for each label, how many runs were named and alarmed, and what else was said."""
    rows = []
    for label in sorted({label for case in cases for label in case.labels}):
        runs = [case for case in cases if label in case.labels and case.refused is None]
        rules = MEANING.get(label)
        told = Counter(name for case in runs for name in case.findings)
        rows.append(
            (
                label,
                str(len(runs)),
                "–" if rules is None else str(sum(bool(rules & set(c.findings)) for c in runs)),
                "–" if rules is None else str(sum(bool(rules & c.alarms) for c in runs)),
                ", ".join(f"{name} {count}" for name, count in told.most_common(4)),
            )
        )
    print_table("Labels", ("label", "runs read", "named", "alarmed", "found most"), rows)


def print_disagreements(cases: Sequence[Case]) -> None:
    """Print each run whose label no rule named, and each false alarm."""
    for case in cases:
        missed = [
            label
            for label in sorted(case.labels)
            if label in MEANING and case.refused is None and not MEANING[label] & set(case.findings)
        ]
        if missed or case.false_alarms:
            print(f"\n{case.file}\n  seen: {', '.join(sorted(case.labels))}: {case.why}")
            print(f"  found: {', '.join(case.findings) or 'nothing'}")
            if missed:
                print(f"  not named: {', '.join(missed)}")
            if case.false_alarms:
                print(f"  false alarms: {', '.join(sorted(case.false_alarms))}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Diagnose, compare, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--histories", type=Path, default=HISTORIES, metavar="DIR")
    parser.add_argument(
        "--output", type=Path, default=Path("runs/benchmarks/diagnosis_agreement.json")
    )
    parser.add_argument("--disagreements", action="store_true", help="list them one by one")
    options = parser.parse_args(arguments)
    if not (options.histories / "labels.tsv").is_file():
        print(f"Skipped: there are no labelled histories in {options.histories}.")
        return
    start = environment()
    cases = list(read_cases(options.histories))
    print_agreement(cases)
    if options.disagreements:
        print_disagreements(cases)
    for case in cases:
        if case.refused is not None:
            print(f"Refused: {case.file}: {case.refused}")
    fine = [case for case in cases if "fine" in case.labels and case.refused is None]
    alarms = sum(len(case.false_alarms) for case in fine)
    print(f"RATIO warnings on fine runs / fine runs: {alarms} / {len(fine)}")
    write_figures(options.output, start, cases=cases)


if __name__ == "__main__":
    main()
