"""Tables from strangers: whatever they hold, there is a history or one clear error."""

from __future__ import annotations

import contextlib
import json
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.errors import DiagnosticsError
from diagnostics.reader import Reader
from diagnostics.readers._yaml_scalars import yaml_scalars
from diagnostics.readers.flair_loss import FlairLoss
from diagnostics.readers.keras_csv import KerasCsv
from diagnostics.readers.keras_history import KerasHistory
from diagnostics.readers.lightning_metrics import LightningMetrics
from diagnostics.readers.mlflow_runs import MlflowRuns
from diagnostics.readers.plain_table import PlainTable
from diagnostics.readers.wandb_files import WandbFiles
from diagnostics.subjects.run_history import RunHistory

DATA = Path(__file__).parents[2] / "data" / "readers"
READERS: Sequence[Reader] = (
    LightningMetrics(),
    KerasCsv(),
    KerasHistory(),
    FlairLoss(),
    WandbFiles(),
    MlflowRuns(),
    PlainTable(),
)
SAMPLES = (
    "lightning_metrics/version_3/metrics.csv",
    "keras_csv/training_log.csv",
    "keras_history/history.json",
    "keras_history/printed_dictionary.json",
    "keras_history/log_rows.json",
    "flair_loss/loss.tsv",
    "plain_table/by_epoch.csv",
    "plain_table/by_split.tsv",
    "plain_table/steps.jsonl",
    "wandb_files/wandb/run-20240501_101500-ab12cd34/files/wandb-history.jsonl",
    "wandb_files/wandb/run-20240501_101500-ab12cd34/files/wandb-summary.json",
)
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)

NAMES = ["epoch", "step", "loss", "train_loss", "val_loss", "val_f1", "acc", "lr", "phase", "time"]
CELLS = (
    st.sampled_from(["", "nan", "inf", "-1", "1e999", "0", "1", "2", "3", "val", "train", "0,5"])
    | st.sampled_from(['"', "'", "9" * 400, "\x1b[31m", "[red]", "tensor(0.5)", "12:30:10", "\0"])
    | st.floats().map(repr)
    | st.text(max_size=6)
)
VALUES = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.sampled_from(
        [10**400, -1, 0, 1, 2, 3, "NaN", "x", [], {"loss": 1}, {"a": {"b": {"c": 1}}}]
    )
)


def check(run: RunHistory) -> None:
    """A history has points or steps in a form that rules can rely on."""
    assert run.epochs or run.steps
    for point in run.epochs:
        assert math.isfinite(point.number) and point.number >= 0
        assert point.step is None or 0 <= point.step <= 10**12
        assert all(isinstance(value, float) for value in point.metrics.values())
    assert all(math.isfinite(row.epoch) for row in run.steps if row.epoch is not None)


def read_or_refuse(folder: Path) -> None:
    """Only a DiagnosticsError may come out of any reader."""
    for reader in READERS:
        for place in (folder, *folder.rglob("*")):
            for log in reader.find(place):
                with contextlib.suppress(DiagnosticsError):
                    check(reader.read(log))


def with_file(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        read_or_refuse(Path(folder))


@MANY
@given(data=st.data())
def test_damaged_bytes(data: st.DataObject) -> None:
    sample = DATA / data.draw(st.sampled_from(SAMPLES))
    content = sample.read_bytes()
    start = data.draw(st.integers(0, len(content)))
    inserted = data.draw(st.binary(max_size=20))
    removed = data.draw(st.integers(0, 100))
    with_file(sample.name, content[:start] + inserted + content[start + removed :])


@MANY
@given(
    header=st.lists(st.sampled_from(NAMES), min_size=1, max_size=8),
    rows=st.lists(st.lists(CELLS, max_size=9), max_size=12),
    separator=st.sampled_from([",", "\t", ";"]),
    name=st.sampled_from(["metrics.csv", "loss.tsv", "log.csv"]),
)
def test_any_cell_in_any_column(
    header: list[str], rows: list[list[str]], separator: str, name: str
) -> None:
    lines = [separator.join(cells) for cells in (header, *rows)]
    with_file(name, "\n".join(lines).encode("utf-8", errors="surrogatepass"))


@MANY
@given(
    rows=st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8), max_size=10),
    name=st.sampled_from(["wandb-history.jsonl", "log.jsonl"]),
)
def test_any_value_in_json_lines(rows: list[dict[str, Any]], name: str) -> None:
    with_file(name, "\n".join(json.dumps(row) for row in rows).encode())
    with_file("history.json", json.dumps(rows).encode())


@MANY
@given(series=st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, max_size=6), max_size=6))
def test_any_series_in_a_history(series: dict[str, list[Any]]) -> None:
    with_file("history.json", json.dumps(series).encode())


@MANY
@given(lines=st.lists(st.lists(CELLS, max_size=4), max_size=8), status=CELLS)
def test_any_line_in_a_metric(lines: list[list[str]], status: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "mlruns" / "1" / "abc"
        (run / "metrics").mkdir(parents=True)
        text = "\n".join(" ".join(cells) for cells in lines)
        (run / "metrics" / "val_loss").write_text(text, encoding="utf-8", errors="replace")
        (run / "meta.yaml").write_text(f"status: {status}", encoding="utf-8", errors="replace")
        read_or_refuse(Path(folder))


@MANY
@given(text=st.text(alphabet=st.sampled_from(list("ab: -\n'\"&*!#\t0.5e{[>")), max_size=200))
def test_any_yaml(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hparams.yaml"
        path.write_text(text, encoding="utf-8")
        assert all(value is not None for value in yaml_scalars(path).values())


@pytest.mark.parametrize("name", ["metrics.csv", "history.json", "wandb-summary.json"])
def test_a_folder_in_place_of_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    read_or_refuse(tmp_path)


def test_a_long_log_is_thinned_and_loses_no_nan(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("epoch,step,train_loss,val_loss\n")
        for step in range(1, 60_001):
            loss = "nan" if step == 31_234 else f"{1 / step:.6f}"
            score = f"{2 / step:.6f}" if step % 20 == 0 else ""
            file.write(f"{(step - 1) // 20},{step},{loss},{score}\n")
    run = PlainTable().read(path)
    assert len(run.steps) <= 10_000 and len(run.epochs) <= 2000
    assert sum(row.loss is not None and math.isnan(row.loss) for row in run.steps) == 1
    assert any(p.train_loss is not None and math.isnan(p.train_loss) for p in run.epochs)
    assert run.epochs[-1].number == 3000
    assert run.steps[-1].step == 60_000
    notes = " ".join(run.notes)
    assert "more evaluations than are kept" in notes
    assert "step-level log is long" in notes


def test_epochs_in_no_order_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows = "".join(f"{epoch},{epoch},0.5,0.5\n" for epoch in [9, 1, 5, 3] * 5000)
    path.write_text(f"epoch,step,train_loss,val_loss\n{rows}", encoding="utf-8")
    check(PlainTable().read(path))
