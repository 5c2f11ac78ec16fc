"""The worked examples of CONTRIBUTING.md: they work, and the page shows them as they are."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.findings import Clear, Flagged
from diagnostics.subjects.labelled_data import Sentence
from tuner.engine import Engine
from tuner.testing import EngineContract
from tuner.trial import TrialSpec

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "extensions"
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXCERPT = re.compile(r"<!-- (\S+) -->\n```python\n(.*?)```", re.DOTALL)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def test_page_is_short() -> None:
    assert len(PAGE.splitlines()) <= 120


def test_page_shows_every_example() -> None:
    shown = {name for name, _ in EXCERPT.findall(PAGE)}
    assert shown == {f"examples/extensions/{path.name}" for path in FOLDER.glob("*.py")}


@pytest.mark.parametrize(("name", "code"), EXCERPT.findall(PAGE))
def test_page_shows_examples_as_they_are(name: str, code: str) -> None:
    assert code in (ROOT / name).read_text(encoding="utf-8")


def test_format_reads_its_sentences(tmp_path: Path) -> None:
    path = tmp_path / "barred.txt"
    path.write_text("Jane|B-PER left|O\n\n.|O\n", encoding="utf-8")
    data_format = load("barred_lines").BarredLinesFormat()
    assert data_format.find(path, path.read_bytes()) == 0.9
    assert data_format.find(path, b"Jane left") is None
    assert list(data_format.read(path, ReadOptions(), ReadingLog())) == [
        Sentence(tokens=("Jane", "left"), tags=("B-PER", "O"), line=1),
        Sentence(tokens=(".",), tags=("O",), line=3),
    ]


def test_format_names_the_line_of_a_defect(tmp_path: Path) -> None:
    path = tmp_path / "barred.txt"
    path.write_text("Jane|B-PER left|O\nBob left|O\n", encoding="utf-8")
    data_format = load("barred_lines").BarredLinesFormat()
    with pytest.raises(DataError, match=r"(?i)line 2: a word has no tag"):
        list(data_format.read(path, ReadOptions(), ReadingLog()))


def test_rule_keeps_what_its_examples_promise() -> None:
    rule = load("perfect_at_once").PerfectAtOnce()
    assert all(isinstance(rule.judge(run), Flagged) for run in rule.bad.values())
    assert all(isinstance(rule.judge(run), Clear) for run in rule.good.values())


class TestDryRunEngine(EngineContract):
    def make_engine(self) -> Engine:
        engine: Engine = load("dry_run").DryRunEngine()
        return engine

    def make_spec(self, epochs: int) -> TrialSpec:
        return TrialSpec(learning_rate=1e-4, batch_size=8, epochs=epochs)
