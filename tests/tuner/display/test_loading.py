"""A training whose worker still loads is shown as loading, not as running."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from tests.tuner.search.studies import Watcher, make_spec, rising, search
from tuner.display.canvas import Canvas
from tuner.display.trial_table import trial_table
from tuner.engine_recipe import Place
from tuner.engines.scripted import ScriptedRecipe
from tuner.engines.workers import WorkersEngine
from tuner.study_view import StudySnapshot, TrialRow


def states_of(rows: tuple[TrialRow, ...]) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(trial_table(rows, None, Canvas.of(console)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_training_is_loading_until_its_worker_is_ready(tmp_path: Path) -> None:
    seen: list[tuple[str, StudySnapshot]] = []
    watcher = Watcher(lambda snapshot, note: seen.append((note, snapshot)))
    engine = WorkersEngine(ScriptedRecipe(curves=rising), [Place(name="worker-1")])
    search(tmp_path, make_spec(trials=1, confirm=0), engine=engine, observer=watcher)
    engine.close()
    first = next(snapshot for note, snapshot in seen if note == "0000 starts")
    later = next(snapshot for note, snapshot in seen if "epoch 1/" in note)
    assert "loading" in states_of(first.rows) and "running" not in states_of(first.rows)
    assert "running" in states_of(later.rows) and "loading" not in states_of(later.rows)
