"""Event files, cards, tables and result files from strangers: never a crash, never a hang."""

from __future__ import annotations

import io
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.checkup import diagnose
from diagnostics.errors import DiagnosticsError
from diagnostics.reader import Reader
from diagnostics.readers._event_file import _masked
from diagnostics.readers.model_card import ModelCard
from diagnostics.readers.results_json import ResultsJson
from diagnostics.readers.spacy_table import SpacyTraining
from diagnostics.readers.tensorboard_events import TensorboardEvents
from diagnostics.report.json_document import JsonDocument
from diagnostics.report.terminal import render

DATA = Path(__file__).parents[2] / "data" / "readers"
EVENTS = sorted((DATA / "tensorboard_events").rglob("events.*"))
CARDS = sorted((DATA / "model_card").rglob("*.md"))
TABLES = sorted((DATA / "spacy_table").iterdir())
MANY = settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
LONGEST = 10.0  # of processor time, under coverage: `benchmarks/mutations.py` asks for two seconds

SNIPPETS = st.sampled_from(
    ["\x1b[31m", "[red]x[/]", "<script>", "|", "\\|", "---\n", "\n\n", "# ", "{'f1': ", "}" * 40,
     "{" * 2000, "'" * 500, "1e999", "nan", "-inf", "9" * 400, "No log", "\0", "\u202e", "&a [*a]",
     "!!python/name:os.system", "- learning_rate: ", "| Training Loss | Epoch | F1 |\n|-|-|-|\n",
     "E    #       LOSS NER  ENTS_F  SCORE\n", "../../etc/passwd"]
)  # fmt: skip


def read_or_refuse(reader: Reader, name: str, content: bytes) -> None:
    """Read a file of this content; only a DiagnosticsError may come out, and without a hang."""
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        for place in (path, Path(folder)):
            for found in reader.find(place):
                try:
                    run = reader.read(found)
                except DiagnosticsError:
                    continue
                assert all(isinstance(point.number, float | int) for point in run.epochs)
    assert time.process_time() - start < LONGEST


def report_or_refuse(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            checkup = diagnose(path)
        except DiagnosticsError:
            return
    assert [error for _, error in checkup.crashed] == []
    assert "\x1b" not in render(checkup, 80)
    JsonDocument().write([checkup], io.StringIO())


def mutated(data: st.DataObject, whole: bytes) -> bytes:
    """Cut, repeat or overwrite pieces of a file."""
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(whole)))
        removed = data.draw(st.integers(0, 60))
        inserted = data.draw(st.binary(max_size=20) | SNIPPETS.map(str.encode))
        whole = whole[:start] + inserted + whole[start + removed :]
    return whole


@MANY
@given(data=st.data())
def test_damaged_event_files(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(EVENTS)).read_bytes()
    read_or_refuse(TensorboardEvents(), "events.out.tfevents.1.host", mutated(data, whole))


@MANY
@given(records=st.lists(st.binary(max_size=80), max_size=8), data=st.data())
def test_any_record_in_whole_frames(records: list[bytes], data: st.DataObject) -> None:
    start = EVENTS[0].read_bytes()[:40]
    real = EVENTS[-1].read_bytes()[:400]
    records = [record or mutated(data, real[52:90]) for record in records]
    frames = b"".join(
        (head := len(record).to_bytes(8, "little")) + _masked(head) + record + _masked(record)
        for record in records
    )
    read_or_refuse(TensorboardEvents(), "events.out.tfevents.1.host", start + frames)


def test_a_frame_that_claims_to_be_endless_is_no_trap() -> None:
    head = (2**63).to_bytes(8, "little")
    start = EVENTS[0].read_bytes()[:40]
    read_or_refuse(TensorboardEvents(), "events.out.tfevents.1", start + head + _masked(head))


@MANY
@given(data=st.data())
def test_damaged_cards(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(CARDS)).read_bytes()
    read_or_refuse(ModelCard(), "README.md", mutated(data, whole))


@MANY
@given(cells=st.lists(st.lists(st.text(max_size=30) | SNIPPETS, max_size=7), max_size=8))
def test_any_cell_in_a_card(cells: list[list[str]]) -> None:
    header = "| Training Loss | Epoch | Step | Validation Loss | F1 |\n|-|-|-|-|-|\n"
    rows = "".join(f"| {' | '.join(row)} |\n" for row in cells)
    report_or_refuse("README.md", (header + rows).encode("utf-8", errors="replace"))


@pytest.mark.parametrize(
    "text",
    [
        "---\n" + "a: &a [" * 3000 + "\n---\n",
        "---\na: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a]\n" for n in range(900)) + "---\n",
        "---\nmodel-index: &m\n- results: *m\n---\n",
        "---\n? [1, 2]\n: 3\nmodel-index: !!int ''\n---\n",
        "| Training Loss | Epoch |\n" + "|" * 100_000,
        "| Training Loss | Epoch |\n|-|-|\n" + "| {'a': " * 20_000,
        "fine-tuned version of [" * 20_000,
        "were used during training\n" + "- a: 1\n" * 50_000,
        "E # LOSS SCORE " + "  x" * 300_000,
        "`" * 400_000,
    ],
    ids=["deep", "aliases", "cycle", "tags", "bars", "braces", "links", "items", "gaps", "ticks"],
)
def test_texts_made_to_hang(text: str) -> None:
    card = "### Training results\nThe following hyperparameters were used\n"
    read_or_refuse(ModelCard(), "README.md", text.encode() + card.encode())
    read_or_refuse(SpacyTraining(), "log.txt", card.encode() + text.encode())


@MANY
@given(data=st.data())
def test_damaged_tables_of_spacy(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(TABLES)).read_bytes()
    content = mutated(data, whole)
    read_or_refuse(SpacyTraining(), "log.txt", content)
    report_or_refuse("log.txt", content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["eval_f1", "eval_loss", "eval_PER", "eval_PER_f1", "eval_PER_number", "metrics", "epoch",
     "train_loss", "train_samples", "f1", "predict_f1", "step", "eval_accuracy"]
)  # fmt: skip


@MANY
@given(results=st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_result_file(results: dict[str, Any]) -> None:
    content = json.dumps(results).encode()
    read_or_refuse(ResultsJson(), "all_results.json", content)
    report_or_refuse("all_results.json", content)


@MANY
@given(results=st.dictionaries(KEYS, VALUES, max_size=4), data=st.data())
def test_anything_beside_a_state(results: dict[str, Any], data: st.DataObject) -> None:
    neighbours = DATA / "trainer_state" / "with_neighbours"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state = (neighbours / "trainer_state.json").read_bytes()
        (folder / "trainer_state.json").write_bytes(state)
        (folder / "all_results.json").write_text(json.dumps(results), "utf-8")
        (folder / "args.json").write_text(json.dumps(data.draw(VALUES)), "utf-8")
        for other in ("README.md", "config.json"):
            (folder / other).write_bytes(mutated(data, (neighbours / other).read_bytes()))
        checkup = diagnose(folder)
    assert [error for _, error in checkup.crashed] == []
    assert "\x1b" not in render(checkup, 80)
