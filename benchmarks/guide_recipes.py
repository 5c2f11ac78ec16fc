"""The two shipped guide recipes, end to end, with a stand-in model, in the guides' own columns.

* `bert-base-cased`: learning rate 1.5e-5, batches of 16, 20 epochs, Adam, on about 208 sentences,
  which makes 13 steps per epoch;
* `sec-bert-base`: learning rate 2e-5, batches of 8, 5 epochs on FIN.

Each runs through `tuner.train(recipe=...)`, only with another model (the small encoder of the demo
unless `--model` names one) where the recipe's own cannot be downloaded. The table has the columns
of the guides: Epoch, Step, Validation Loss, Precision, Recall, F1, Accuracy.

Nothing is compared with anything, so the RATIO is that of the best F1 to the last one: above 1 the
best epoch's model, which is the one kept, is better than the one the guides end with. A stand-in
that is smaller than the recipe's model needs higher learning rates; its F1 may stay at 0.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import FIN, Setting, make_parser, parse, setting_from
from tuner.api import train
from tuner.train_view import TrainResult
from tuner.trial import EpochReport

GUIDE_SENTENCES = 208
TINY = {"epochs": 2}
COLUMNS = ("Epoch", "Step", "Validation Loss", "Precision", "Recall", "F1", "Accuracy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A recipe and the data that its guide trains on.

    Attributes:
        recipe: Name of the shipped study file.
        prefers_fin: Whether FIN is taken when it is there.
        sample: Training sentences; None takes all.
    """

    recipe: str
    prefers_fin: bool
    sample: int | None


GUIDES = (
    Guide(recipe="bert-base-cased", prefers_fin=False, sample=GUIDE_SENTENCES),
    Guide(recipe="sec-bert-base", prefers_fin=True, sample=None),
)


def run(guide: Guide, setting: Setting, epochs: int | None, runs: Path) -> TrainResult:
    """Train a recipe as it is.

    Args:
        guide: The recipe.
        setting: Data and model.
        epochs: Other number of epochs; None keeps the recipe's.
        runs: Folder of the run.
    """
    return train(
        setting.data,
        model=setting.model,
        recipe=guide.recipe,
        sample=setting.sample,
        max_length=setting.max_length,
        device=setting.device,
        epochs=epochs,
        name=guide.recipe,
        runs_dir=runs,
    )


def setting_of(guide: Guide, setting: Setting, is_default: bool) -> Setting:
    """Choose data and sample of a guide, unless they were given.

    Args:
        guide: The recipe.
        setting: What was given.
        is_default: Whether the data was left to the guide.
    """
    wants_fin = is_default and guide.prefers_fin and FIN.is_dir()
    data = str(FIN) if wants_fin else setting.data
    sample = guide.sample if setting.sample is None else setting.sample
    return replace(setting, data=data, sample=sample)


def row(report: EpochReport) -> tuple[str, ...]:
    """Return an epoch in the guides' columns."""
    scores = report.scores
    loss = "–" if scores.loss is None else f"{scores.loss:.6f}"
    rates = (scores.precision, scores.recall, scores.f1, scores.accuracy)
    return (str(report.epoch), str(report.step), loss, *(f"{rate:.6f}" for rate in rates))


def print_guide(guide: Guide, setting: Setting, result: TrainResult) -> None:
    """Print the guide's table, the test score and the ratio."""
    rows = [row(report) for report in result.reports]
    print_table(f"{guide.recipe} on {setting.data}", COLUMNS, rows)
    if result.test is not None:
        print(f"Test F1 of the best epoch ({result.best_epoch}): {result.test.f1:.4f}")
    print(f"RATIO of the best development F1 to the last: {_ratio(result)}\n")


def _ratio(result: TrainResult) -> str:
    if not result.reports or result.dev is None:
        return f"none, since no epoch ended ({result.reason})"
    last = result.reports[-1].scores.f1
    return f"{result.dev.f1 / last:.3f}" if last else "none, since the last F1 is 0"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train both recipes, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/guide_recipes.json")
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the recipes' own")
    options = parse(parser, arguments, TINY)
    start = environment()
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        given = setting_from(options, Path(scratch))
        for guide in GUIDES:
            setting = setting_of(guide, given, options.data is None and not options.tiny)
            results[guide.recipe] = run(guide, setting, options.epochs, Path(scratch) / "runs")
            print_guide(guide, setting, results[guide.recipe])
    write_figures(options.output, start, results=results)


if __name__ == "__main__":
    main()
