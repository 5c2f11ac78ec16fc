"""A search on FIN (financial agreements), and what its best settings are worth on the test split.

`tuner search` runs on the FIN data with a small encoder; then the settings of trial 0 (the recipe),
of the finished trial with the lowest development F1 and of the winner are trained once more, with
the same seed, and scored on the test split. The RATIO is the test F1 of the winner over that of
trial 0 and over that of the worst.

The same command goes on after an interruption, with the same study: finished trials and finished
trainings are not repeated. Without the data (`../shared/data/fin` or `--data`) it says so and ends.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import FIN, Setting, make_parser, parse, setting_from
from tuner.api import search, train
from tuner.display import make_observer
from tuner.hyperparameters import plain_number
from tuner.study_view import StudySummary, TrialRow
from tuner.trial import TrialSpec, TrialState

TINY = {"trials": 2, "confirm": 0, "space": str(Path(__file__).parent / "spaces" / "tiny.toml")}
SEED = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """One of the settings, trained once more.

    Attributes:
        role: `trial 0`, `worst` or `winner`.
        number: Trial number.
        spec: Its hyperparameters.
        dev_f1: Best development F1.
        test_f1: Test F1 of that epoch's model.
    """

    role: str
    number: int
    spec: TrialSpec
    dev_f1: float
    test_f1: float


def chosen_rows(summary: StudySummary) -> dict[str, TrialRow]:
    """Pick trial 0, the worst finished trial and the winner.

    Raises:
        SystemExit: No trial finished.
    """
    finished = [
        row
        for row in summary.rows
        if row.state is TrialState.FINISHED and row.origin != "confirm" and row.score is not None
    ]
    if summary.winner is None or not finished:
        raise SystemExit("No trial finished, so there is nothing to compare.")
    by_number = {row.number: row for row in finished}
    rows = {
        "trial 0": by_number.get(0),
        "worst": min(finished, key=lambda row: row.score or 0.0),
        "winner": by_number.get(summary.winner.number),
    }
    return {role: row for role, row in rows.items() if row is not None}


def train_again(row: TrialRow, role: str, setting: Setting, runs: Path, study: str) -> Trained:
    """Train the settings of a trial and score the test split, unless that was done before.

    Raises:
        SystemExit: The training was stopped; the same command goes on.
    """
    name = f"{study}-trial-{row.number:04d}"
    spec = dataclasses.replace(row.spec, seed=SEED)
    scores = finished_before(runs / name, spec)
    if scores is None:
        result = train(
            setting.data,
            model=setting.model,
            sample=setting.sample,
            max_length=setting.max_length,
            device=setting.device,
            recipe=spec,
            name=name,
            runs_dir=runs,
        )
        if result.dev is None or result.test is None:
            raise SystemExit(f"The training {name} did not finish: {result.reason}")
        scores = (result.dev.f1, result.test.f1)
    return Trained(role=role, number=row.number, spec=spec, dev_f1=scores[0], test_f1=scores[1])


def finished_before(folder: Path, spec: TrialSpec) -> tuple[float, float] | None:
    """Read the development and test F1 of a finished training with the same settings."""
    summary, config = folder / "summary.json", folder / "config.json"
    if not summary.is_file() or not config.is_file():
        return None
    result = json.loads(summary.read_text(encoding="utf-8"))
    settings = json.loads(config.read_text(encoding="utf-8"))
    is_same = all(
        settings.get(name) == getattr(spec, name)
        for name in ("learning_rate", "batch_size", "epochs")
    )
    if not is_same or not result.get("test") or not result.get("dev"):
        return None
    return float(result["dev"]["f1"]), float(result["test"]["f1"])


def print_trials(summary: StudySummary) -> None:
    """Print the table of trials."""
    rows = [
        (
            row.key,
            *_settings(row.spec),
            str(row.state),
            f"{row.epoch}/{row.spec.epochs}",
            "–" if row.score is None else f"{row.score:.4f}",
            row.origin,
        )
        for row in summary.rows
    ]
    columns = ("trial", "learning rate", "batch", "epochs", "state", "done", "dev F1", "from")
    print_table(f"Trials of {summary.name}", columns, rows)


def _settings(spec: TrialSpec) -> tuple[str, str, str]:
    return f"{spec.learning_rate:.3g}", plain_number(spec.batch_size), str(spec.epochs)


def print_trained(trained: Sequence[Trained], summary: StudySummary) -> None:
    """Print the trainings and the ratios."""
    rows = [
        (
            each.role,
            str(each.number),
            *_settings(each.spec),
            f"{each.dev_f1:.4f}",
            f"{each.test_f1:.4f}",
        )
        for each in trained
    ]
    columns = ("settings", "trial", "learning rate", "batch", "epochs", "dev F1", "test F1")
    print_table("Trained again with seed 42, scored on test", columns, rows)
    if summary.test is not None:
        print(f"The model that the search delivered: test F1 {summary.test.f1:.4f}")
    scores = {each.role: each.test_f1 for each in trained}
    for role in ("trial 0", "worst"):
        print(f"RATIO test F1, winner / {role}: {_ratio(scores, role)}")


def _ratio(scores: Mapping[str, float], role: str) -> str:
    if "winner" not in scores or role not in scores:
        return "unknown, since one of the two did not finish"
    if not scores[role]:
        return f"none, {scores['winner']:.4f} against 0"
    return f"{scores['winner'] / scores[role]:.3f}"


def run_study(options: argparse.Namespace, setting: Setting, runs: Path) -> StudySummary:
    """Search, or go on with a search that was cut off, or read one that has ended."""
    with make_observer("plain") as observer:
        return search(
            setting.data,
            model=setting.model,
            sample=setting.sample,
            max_length=setting.max_length,
            device=setting.device,
            space=options.space,
            trials=options.trials,
            confirm=options.confirm,
            study=options.study,
            seed=SEED,
            runs_dir=runs,
            observer=observer,
        )


def compare(options: argparse.Namespace, setting: Setting, runs: Path) -> None:
    """Search, train three settings again, print, write."""
    start = environment()
    summary = run_study(options, setting, runs)
    if summary.status == "interrupted":
        raise SystemExit("Interrupted; the same command goes on.")
    chosen = chosen_rows(summary)
    trained = [train_again(row, role, setting, runs, options.study) for role, row in chosen.items()]
    print_trials(summary)
    print_trained(trained, summary)
    write_figures(options.output, start, setting=setting, summary=summary, trained=trained)


def main(arguments: Sequence[str] | None = None) -> None:
    """Check that the data is there, then compare."""
    parser = make_parser(__doc__, "runs/benchmarks/fin_search.json")
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--confirm", type=int, default=2, help="further seeds per contender")
    parser.add_argument("--space", metavar="NAME|FILE", help="study file (default: by sizes)")
    parser.add_argument("--study", default="fin-search", help="name of the study (%(default)s)")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    options = parse(parser, arguments, TINY)
    if options.data is None and not options.tiny:
        options.data = str(FIN)
        if not FIN.is_dir():
            print(f"Skipped: there is no FIN data in {FIN}. Pass its folder with --data.")
            return
    with tempfile.TemporaryDirectory() as scratch:
        # A tiny study is made anew each time, since its model is.
        runs = Path(scratch) / "runs" if options.tiny else options.runs_dir
        compare(options, setting_from(options, Path(scratch)), runs)


if __name__ == "__main__":
    main()
