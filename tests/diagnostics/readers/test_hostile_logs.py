"""Logs from strangers: whatever they hold, there is a report or one clear error."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.checkup import diagnose
from diagnostics.errors import DiagnosticsError
from diagnostics.report.json_document import JsonDocument
from diagnostics.report.terminal import render

DATA = Path(__file__).parents[2] / "data" / "readers"
STATE = json.loads((DATA / "trainer_state" / "overfits" / "trainer_state.json").read_text("utf-8"))
HISTORY = (DATA / "tuner_run" / "study" / "trials" / "0001" / "history.jsonl").read_bytes()

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**30), 2**63, 0])
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=20)
    | st.sampled_from(["NaN", "[red]x[/]", "\x1b[31m", "1e-5", "../../etc/passwd"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = [
    "loss",
    "step",
    "epoch",
    "eval_f1",
    "eval_loss",
    "learning_rate",
    "eval_precision",
    "eval_x",
]
ROWS = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), max_size=12)
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def report_or_refuse(path: Path) -> None:
    """Diagnose and render in every form; only a DiagnosticsError may come out."""
    try:
        checkup = diagnose(path)
    except DiagnosticsError:
        return
    assert [error for _, error in checkup.crashed] == []
    text = render(checkup, 80)
    assert "\x1b" not in text
    JsonDocument().write([checkup], io.StringIO())


def with_file(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        report_or_refuse(Path(folder))


@MANY
@given(changes=st.dictionaries(st.sampled_from(sorted(STATE)), VALUES, max_size=4), rows=ROWS)
def test_any_value_in_any_field_of_a_state(changes: dict[str, Any], rows: list[Any]) -> None:
    state = {**STATE, "log_history": [*STATE["log_history"], *rows], **changes}
    with_file("trainer_state.json", json.dumps(state).encode())


@MANY
@given(rows=ROWS)
def test_any_log(rows: list[Any]) -> None:
    with_file("trainer_state.json", json.dumps({**STATE, "log_history": rows}).encode())


@MANY
@given(data=st.data())
def test_damaged_bytes(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([json.dumps(STATE).encode(), HISTORY]))
    start = data.draw(st.integers(0, len(whole)))
    inserted = data.draw(st.binary(max_size=30))
    removed = data.draw(st.integers(0, 200))
    damaged = whole[:start] + inserted + whole[start + removed :]
    with_file("history.jsonl" if whole is HISTORY else "trainer_state.json", damaged)


@MANY
@given(lines=st.lists(st.dictionaries(st.sampled_from(["kind", "event", "epoch", "scores", "step"]),
                                      VALUES | st.sampled_from(["epoch", "event"]), max_size=5),
                      max_size=8))  # fmt: skip
def test_any_line_in_a_history(lines: list[Any]) -> None:
    with_file("history.jsonl", "\n".join(json.dumps(line) for line in lines).encode())


def test_a_deeply_nested_file_is_refused() -> None:
    with_file("trainer_state.json", b'{"log_history": ' + b"[" * 200_000)
    with_file("trainer_state.json", b'{"log_history": [' + b'{"a":' * 200_000)
