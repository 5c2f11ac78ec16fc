"""Real tables from public repositories: each is read rightly or refused for the right reason."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from diagnostics import series
from diagnostics.errors import DiagnosticsError
from diagnostics.log_finder import find_logs
from diagnostics.subjects.run_history import RunHistory

FOLDER = Path(__file__).parents[3] / "shared" / "histories"
FOLDERS = {
    "lightning_metrics_csv": "lightning_metrics",
    "keras_csvlogger": "keras_csv",
    "history_json": "keras_history",
    "flair_loss_tsv": "flair_loss",
}
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the public histories are not here")


def files() -> list[Path]:
    return [path for name in FOLDERS for path in sorted((FOLDER / name).glob("*"))]


def labels() -> dict[str, set[str]]:
    with (FOLDER / "labels.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["file"]: set(row["labels"].split(",")) for row in rows}


def history(part: str) -> RunHistory:
    (path,) = (path for path in files() if part in path.name)
    log = find_logs(path)[0]
    return log.reader.read(log.path)


def is_none(path: Path) -> bool:
    """Whether people saw that a file is no history of a run."""
    told = labels().get(f"{path.parent.name}/{path.name}", set())
    return "not_a_history" in told or path.name.endswith("monitor_detection.log")


@pytest.mark.parametrize(
    "path", [path for path in files() if FOLDER.is_dir()], ids=lambda p: p.name
)
def test_every_file_is_read_by_its_own_reader_or_refused(path: Path) -> None:
    log = find_logs(path)[0]
    if is_none(path):
        with pytest.raises(DiagnosticsError, match=r"one row per run|none with a loss or a score"):
            log.reader.read(log.path)
        return
    assert log.reader.name == FOLDERS[path.parent.name]
    run = log.reader.read(log.path)
    assert [point.number for point in run.epochs] == sorted({p.number for p in run.epochs})
    told = labels().get(f"{path.parent.name}/{path.name}", set())
    assert bool(series.evaluations(run)) == ("no_eval" not in told) or not told


@pytest.mark.parametrize(
    ("part", "epochs", "last", "evaluation", "training"),
    [
        ("neural-networks__lightning_logs__version_9_", 4, 3.5, 0.8799, 0.0284),
        ("neural-networks__lightning_logs__version_17_", 19, 20.0, 0.9200, 0.0452),
        ("cub-classification__lightning_logs__version_7_", 8, 7.97, 5.298, 5.301),
        ("bert-imdb-sentiment", 3, 3.0, 0.4432, 0.1134),
        ("GLOVE-LSTM", 10, 10.0, 0.505, 0.3157),
        ("Sentiment-Analyzer__model", 4, 4.0, 0.4998, 0.1063),
        ("Personality-prediction", 50, 50.0, 0.3302, 0.3266),
        ("movie-sentiment", 3, 3.0, 0.4508, 0.3008),
        ("flairNLP", 25, 25.0, 0.0891, 0.0858),
    ],
)
def test_figures_are_those_of_the_file(
    part: str, epochs: int, last: float, evaluation: float, training: float
) -> None:
    run = history(part)
    assert len(run.epochs) == epochs
    assert run.epochs[-1].number == pytest.approx(last, abs=0.03)
    point = series.evaluations(run)[-1]
    assert point.eval_loss == pytest.approx(evaluation, abs=1e-3)
    assert point.train_loss == pytest.approx(training, abs=6e-3)


def test_no_labelled_data_and_no_other_log_is_claimed() -> None:
    others = [FOLDER.parent / "ner_formats", FOLDER / "results_json", FOLDER / "spacy_log"]
    own = {*FOLDERS.values(), "plain_table", "wandb_files", "mlflow_runs"}
    for path in (path for place in others for path in place.rglob("*")):
        try:
            found = {log.reader.name for log in find_logs(path)}
        except DiagnosticsError:
            continue
        assert not found & own, path.name
