"""Reading notebooks: progress tables, printed logs, errors and literal hyperparameters."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.errors import DiagnosticsError
from diagnostics.readers.notebook import Notebook
from diagnostics.subjects.run_history import RunHistory

DATA = Path(__file__).parents[2] / "data" / "readers" / "notebook"
READER = Notebook()
TAGGER = (DATA / "tagger.ipynb").read_bytes()


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def read(folder: Path, *cells: dict[str, Any]) -> RunHistory:
    path = folder / "notebook.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    return READER.read(path)


def test_the_progress_table_of_the_trainer_is_read() -> None:
    run = READER.read(DATA / "tagger.ipynb")
    assert [point.number for point in run.epochs] == [1, 2, 3]
    assert [point.step for point in run.epochs] == [40, 80, 120]
    assert [point.train_loss for point in run.epochs] == [None, 0.412, 0.412]
    assert [point.metrics["f1"] for point in run.epochs] == [0.627, 0.721, 0.731]
    assert run.dataset == {"train_sentences_estimated": 640}
    assert run.notes == ()


def test_a_classification_report_in_a_later_cell_goes_to_the_last_evaluation() -> None:
    run = READER.read(DATA / "tagger.ipynb")
    assert set(run.epochs[-1].per_type) == {"LOC", "PER"}


def test_literal_hyperparameters_are_taken_from_the_source() -> None:
    run = READER.read(DATA / "tagger.ipynb")
    assert run.config["learning_rate"] == 2e-5
    assert run.config["batch_size"] == 16  # by the name of a literal
    assert run.config["model"] == "bert-base-cased"
    assert run.config["architecture"] == "BertForTokenClassification"
    assert (run.config["epochs"], run.config["max_steps"]) == (3, 120)
    assert "seed" not in run.config  # a call is no literal


def test_an_error_in_a_cell_that_does_not_train_is_not_of_the_run() -> None:
    assert READER.read(DATA / "tagger.ipynb").events == ()


def test_of_several_trainings_the_richest_is_judged_and_the_others_are_named() -> None:
    run = READER.read(DATA / "several.ipynb")
    assert [point.metrics["f1"] for point in run.epochs] == [0.4, 0.55, 0.6]
    assert [point.number for point in run.epochs] == [1, 2, 3]  # from steps and the plan
    (note,) = run.notes
    assert note == (
        "Of 3 trainings, that in cell 3 tells most and was judged; the others: "
        "cell 2 (2 evaluations); cell 4 (no figures, ended by out-of-memory)."
    )
    (event,) = run.events  # how the last of them ended, without a place in the one that is judged
    assert (event.kind, event.step, event.details["later"]) == ("out-of-memory", None, True)


def test_printed_rows_and_an_error_in_one_cell(tmp_path: Path) -> None:
    error = {
        "output_type": "error",
        "ename": "OutOfMemoryError",
        "evalue": "CUDA out of memory. Tried to allocate 20.00 MiB.",
        "traceback": [],
    }
    rows = [printed(f"{{'eval_f1': 0.{epoch}, 'epoch': {epoch}.0}}") for epoch in (1, 2)]
    run = read(tmp_path, code("trainer.train()", *rows, error))
    assert [point.metrics["f1"] for point in run.epochs] == [0.1, 0.2]
    assert [(event.kind, event.epoch) for event in run.events] == [("out-of-memory", 2)]
    assert run.config["state"] == "failed"


def test_a_notebook_that_only_failed_is_a_history(tmp_path: Path) -> None:
    error = {"output_type": "error", "ename": "ValueError", "evalue": "too many", "traceback": []}
    run = read(tmp_path, code("args = TrainingArguments('x', learning_rate=1e-4)\ntrain()", error))
    assert (run.epochs, [event.kind for event in run.events]) == ((), ["error"])
    assert run.config["learning_rate"] == 1e-4


def test_names_that_are_bound_twice_are_not_trusted(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        code("rate = 1e-4\nsize = 8\nfor rate in (1, 2): pass"),
        code("TrainingArguments('x', learning_rate=rate, per_device_train_batch_size=size)"),
        code("train()", printed("Epoch 1: train loss 0.5\n")),
    )
    assert "learning_rate" not in run.config
    assert run.config["batch_size"] == 8


def test_the_same_table_shown_twice_is_one_training(tmp_path: Path) -> None:
    table = "<table><tr><th>{}Epoch</th><th>Validation Loss</th></tr>{}</table>"
    row = "<tr>{}<td>1</td><td>0.25</td></tr>"
    shown = [
        {"output_type": "display_data", "data": {"text/html": table.format(head, row.format(cell))}}
        for head, cell in (("", ""), ("</th><th>", "<th>0</th>"))
    ]
    run = read(tmp_path, code("train()", shown[0]), code("history", shown[1]))
    assert len(run.epochs) == 1
    assert run.notes == ()


def test_cells_of_version_3(tmp_path: Path) -> None:
    output = {"output_type": "stream", "text": ["Epoch 1: train loss 0.5\n"]}
    cell = {"cell_type": "code", "input": ["epochs = 5\n"], "outputs": [output]}
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"worksheets": [{"cells": [cell]}], "nbformat": 3}), "utf-8")
    run = READER.read(path)
    assert (run.epochs[0].train_loss, run.config["epochs"]) == (0.5, 5)


def test_a_notebook_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "torn.ipynb"
    path.write_bytes(TAGGER[: TAGGER.index(b"classification_report(true")])
    run = READER.read(path)
    assert len(run.epochs) == 3
    assert run.notes == ("torn.ipynb is cut off or damaged; 4 cells could be read.",)


def test_notebooks_of_a_folder_are_found_if_they_show_a_training(tmp_path: Path) -> None:
    (tmp_path / "plots.ipynb").write_text('{"cells": []}', encoding="utf-8")
    (tmp_path / "tagger.ipynb").write_bytes(TAGGER)
    assert READER.find(tmp_path) == (tmp_path / "tagger.ipynb",)
    assert READER.find(tmp_path / "plots.ipynb") == (tmp_path / "plots.ipynb",)
    assert READER.find(tmp_path / "absent.ipynb") == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"{}", "is no notebook"),
        (b"\x00\x01", "is no JSON"),
        (b'{"cells": [1, {"cell_type": "code", "outputs": 3, "source": {}}]}', "shows no training"),
    ],
    ids=["empty", "object", "binary", "odd"],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "notebook.ipynb"
    path.write_bytes(content)
    with pytest.raises(DiagnosticsError, match=message):
        READER.read(path)


# ------------------------------------------------------------------------------ hostile input

MANY = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
HOSTILE = st.sampled_from(
    [
        "<table><tr><th>Epoch<th>Training Loss<tr><td>1<td>nan",
        *("<![x[", "<!--", "&#0;", "</table>", "[1/2 0:0, Epoch 1/0]"),
        *("__import__('os').system('touch executed')", "TrainingArguments(lr=-", "(" * 300, "%%"),
        *("Epoch 1: loss 9", "{'eval_f1': nan, 'epoch': 1}", "\x1b[31m", "a=1", "\0"),
    ]
)
TEXTS = st.lists(HOSTILE | st.text(max_size=5), max_size=6)


def read_or_refuse(content: bytes) -> None:
    """Only a DiagnosticsError may come out, and nothing in the notebook is run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notebook.ipynb"
        path.write_bytes(content)
        try:
            READER.read(path)
        except DiagnosticsError:
            return


@MANY
@given(source=TEXTS, html=TEXTS, text=TEXTS, error=TEXTS)
def test_any_cell(source: list[str], html: list[str], text: list[str], error: list[str]) -> None:
    outputs = [
        {"output_type": "stream", "text": text},
        {"output_type": "display_data", "data": {"text/html": html}},
        {"output_type": "error", "ename": "E", "evalue": None, "traceback": error},
    ]
    cell = {"cell_type": "code", "source": source, "outputs": outputs}
    read_or_refuse(json.dumps({"cells": [cell]}).encode())
    assert not Path("executed").exists()


@MANY
@given(
    start=st.integers(0, len(TAGGER)), removed=st.integers(0, 200), inserted=st.binary(max_size=9)
)
def test_a_damaged_notebook(start: int, removed: int, inserted: bytes) -> None:
    read_or_refuse(TAGGER[:start] + inserted + TAGGER[start + removed :])


@pytest.mark.parametrize(
    "source",
    ["a" + ".a" * 40_000, "1" + "+1" * 40_000, "not " * 20_000 + "1", "f" + "()" * 40_000],
    ids=["attributes", "sums", "not", "calls"],
)
def test_deeply_nested_source_is_passed_over(tmp_path: Path, source: str) -> None:
    run = read(tmp_path, code(source), code("train()", printed("Epoch 1: train loss 0.5\n")))
    assert len(run.epochs) == 1
