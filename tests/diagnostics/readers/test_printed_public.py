"""Printed logs and notebooks from public repositories, each read or rightly refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.log_finder import find_logs
from diagnostics.readers.notebook import Notebook
from diagnostics.readers.printed_log import PrintedLogFile
from diagnostics.subjects.run_history import RunHistory

FOLDER = Path(__file__).parents[4] / "shared" / "histories"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the public histories are not here")

LOG = PrintedLogFile()
NOTEBOOK = Notebook()

# Part of the name: points, steps of the log, the score that decides, its last value
LOGS = {
    "log_QA_10epoch": (3, 153, "f1", 0.4204),
    "conll__baseline.md": (1, 0, "f1", 0.9466),
    "conll__delete.md": (1, 0, "f1", 0.9588),
    "noise1.out": (30, 13, "f1", 0.8726),
    "copa__base1.out": (120, 6, "accuracy", 0.84),
    "gum5.out": (87, 957, "f1", 0.7453),
}
NOTEBOOKS = {
    "e_model_comparison": (3, "f1", 0.6278),
    "MNER": (2, "f1", 0.8537),
    "Milestone2": (10, "accuracy", 0.8813),
    "model_training": (100, "f1", 0.2566),
    "desafio_comentado": (4, "f1", 0.995),
    "Token_classification": (3, "f1", 0.9403),
}


def only(folder: str, part: str) -> Path:
    (path,) = (path for path in (FOLDER / folder).iterdir() if part in path.name)
    return path


def last_score(run: RunHistory) -> float:
    assert run.monitor is not None
    return [p.metrics[run.monitor] for p in run.epochs if run.monitor in p.metrics][-1]


@pytest.mark.parametrize("part", LOGS)
def test_logs_are_read(part: str) -> None:
    path = only("logs", part)
    points, steps, monitor, score = LOGS[part]
    assert LOG.find(path) == (path,)
    run = LOG.read(path)
    assert (len(run.epochs), len(run.steps), run.monitor) == (points, steps, monitor)
    assert last_score(run) == pytest.approx(score, abs=6e-5)


def test_the_headers_of_a_training_script_are_read() -> None:
    run = LOG.read(only("logs", "noise1.out"))
    assert (run.config["learning_rate"], run.config["batch_size"]) == (0.03, 64)
    assert (run.dataset["train_sentences"], run.dataset["dev_sentences"]) == (14041, 3250)
    assert [step.step for step in run.steps] == [500 * number for number in range(1, 14)]


def test_a_log_of_failures_alone_is_read() -> None:
    path = only("logs", "donut_training")
    assert LOG.find(path) == (path,)
    run = LOG.read(path)
    assert run.epochs == ()
    assert {event.kind for event in run.events} == {"version-conflict", "unknown-argument", "error"}
    assert all(event.details["overcome"] for event in run.events)  # the last attempt went through


@pytest.mark.parametrize("part", ["run-20241121_191115", "run-20241121_080916"])
def test_a_log_without_a_training_is_not_claimed(part: str) -> None:
    assert LOG.find(only("logs", part)) == ()  # the second one fails to write its log, no more


def test_other_readers_go_first_where_the_log_is_theirs() -> None:
    for path in [*(FOLDER / "spacy_log").iterdir(), *(FOLDER / "model_card").glob("*.md")]:
        assert find_logs(path)[0].reader.name != LOG.name, path.name


@pytest.mark.parametrize("part", NOTEBOOKS)
def test_notebooks_are_read(part: str) -> None:
    path = only("notebook", part)
    points, monitor, score = NOTEBOOKS[part]
    run = NOTEBOOK.read(path)
    assert (len(run.epochs), run.monitor) == (points, monitor)
    assert last_score(run) == pytest.approx(score, abs=6e-5)


def test_a_notebook_that_ran_out_of_memory_is_read() -> None:
    run = NOTEBOOK.read(only("notebook", "Summarization"))
    assert [event.kind for event in run.events] == ["interrupted", "out-of-memory"]
    assert run.epochs == ()
