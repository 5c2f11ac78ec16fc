"""Studies are read from their folders, without the libraries that made them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tuner.search.studies import Watcher, make_spec, search
from tuner.errors import StudyError
from tuner.search.study_record import list_studies, load_study
from tuner.study_view import StudySnapshot
from tuner.trial import TrialState


def test_a_study_by_path_or_by_name(tmp_path: Path) -> None:
    summary = search(tmp_path / "demo", make_spec(trials=3, confirm=1))
    record = load_study(tmp_path / "demo")
    assert record == load_study("demo", tmp_path)
    assert record.rows == summary.rows
    assert record.spec == make_spec(trials=3, confirm=1)
    assert record.summary is not None
    assert record.summary.winner == summary.winner
    assert record.best is not None
    assert record.best.score == max(row.score or 0 for row in record.rows)
    assert record.snapshot().best_key == record.best.key
    assert record.audit == summary.audit
    assert not record.is_running
    assert record.elapsed == pytest.approx(summary.elapsed, abs=0.5)


def test_a_moved_study_points_at_its_own_model(tmp_path: Path) -> None:
    search(tmp_path / "demo", make_spec(trials=1))
    (tmp_path / "demo").rename(tmp_path / "moved")
    summary = load_study(tmp_path / "moved").summary
    assert summary is not None
    assert summary.best_directory == tmp_path / "moved" / "best"


def test_a_running_study_says_so(tmp_path: Path) -> None:
    seen: list[tuple[bool, TrialState]] = []

    def look(snapshot: StudySnapshot, note: str) -> None:
        record = load_study(tmp_path / "demo")
        seen.append((record.is_running, record.rows[-1].state))
        assert list_studies(tmp_path)[0].status == "running"

    search(tmp_path / "demo", make_spec(trials=1), observer=Watcher(look))
    assert seen[0] == (True, TrialState.RUNNING)
    listing = list_studies(tmp_path)[0]
    assert (listing.status, listing.trials, listing.ended) == ("finished", 1, 1)
    assert listing.score is not None


def test_no_such_study_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no study `other`") as caught:
        load_study("other", tmp_path)
    assert "has none yet" in caught.value.hint
    search(tmp_path / "demo", make_spec(trials=1))
    with pytest.raises(StudyError) as caught:
        load_study("other", tmp_path)
    assert "demo" in caught.value.hint


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"spec": {}}', '{"spec": {"space": 1}}'])
def test_a_broken_study_is_named_and_listed_as_unreadable(tmp_path: Path, content: str) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "study.json").write_text(content)
    with pytest.raises(StudyError):
        load_study(tmp_path / "demo")
    assert [listing.status for listing in list_studies(tmp_path)] == ["unreadable"]


def test_a_broken_summary_is_named(tmp_path: Path) -> None:
    search(tmp_path / "demo", make_spec(trials=1))
    (tmp_path / "demo" / "summary.json").write_text(json.dumps({"name": "demo"}))
    with pytest.raises(StudyError, match=r"summary\.json"):
        load_study(tmp_path / "demo")


def test_reading_imports_nothing_heavy(tmp_path: Path) -> None:
    search(tmp_path / "demo", make_spec(trials=2))
    code = (
        "import sys; from tuner.search.study_record import load_study, list_studies;"
        f"load_study({str(tmp_path / 'demo')!r}).rows; list_studies({str(tmp_path)!r});"
        "heavy = {'torch', 'transformers', 'optuna', 'sklearn', 'scipy', 'pandas', 'datasets'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
