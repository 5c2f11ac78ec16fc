"""Reading the result files of the Hugging Face example scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diagnostics.checkup import diagnose
from diagnostics.errors import DiagnosticsError
from diagnostics.readers.results_json import ResultsJson

DATA = Path(__file__).parents[2] / "data" / "readers" / "results_json"
READER = ResultsJson()


def test_the_point_at_the_end_of_a_run() -> None:
    run = READER.read(DATA / "run")
    (point,) = run.epochs
    assert (point.number, point.train_loss, point.eval_loss) == (6.0, 0.42, 0.31)
    assert point.metrics["f1"] == 0.55
    assert point.per_type["LOC"]["support"] == 40
    assert run.dataset == {"train_sentences": 611, "dev_sentences": 75}
    assert (run.monitor, run.higher_is_better) == ("f1", True)
    assert "eval_overall_f1 was read as f1." in run.notes


def test_several_result_files_of_a_folder_are_one_point(tmp_path: Path) -> None:
    (tmp_path / "eval_results.json").write_text('{"eval_f1": 0.5, "epoch": 2.0}', "utf-8")
    (tmp_path / "train_results.json").write_text('{"train_loss": 0.9, "train_samples": 7}', "utf-8")
    run = READER.read(tmp_path)
    assert run.epochs[0].metrics == {"f1": 0.5}
    assert run.epochs[0].train_loss == 0.9
    assert run.dataset == {"train_sentences": 7}


def test_predictions_and_scores_without_a_split_are_said_to_be_such() -> None:
    predicted = READER.read(DATA / "predict_results.json")
    assert predicted.epochs[0].metrics["f1"] == 0.61
    assert "The scores are those of the test split." in predicted.notes
    nested = READER.read(DATA / "nested_results.json")
    assert nested.epochs[0].metrics["accuracy"] == 0.45
    assert "does not say which split" in nested.notes[1]


@pytest.mark.parametrize(
    "content",
    ['{"epoch": 3.0, "total_flos": 4.0, "train_runtime": 3.0}', '{"a": 1, "b": {"c": 2}}', "{}"],
)
def test_files_without_scores_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "all_results.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DiagnosticsError, match="neither a loss nor a score"):
        READER.read(path)


def test_files_are_known_by_name(tmp_path: Path) -> None:
    assert READER.find(DATA / "run") == (DATA / "run",)
    assert READER.find(DATA / "nested_results.json") == (DATA / "nested_results.json",)
    assert READER.find(DATA) == (DATA,)
    assert READER.find(tmp_path) == ()
    assert READER.find(tmp_path / "all_results.json") == ()


def test_the_log_of_the_run_is_judged_before_its_results(tmp_path: Path) -> None:
    (tmp_path / "all_results.json").write_text('{"eval_f1": 0.5}', "utf-8")
    assert diagnose(tmp_path).reader == "results_json"
    rows = [{"step": 1, "epoch": 1.0, "eval_f1": 0.4}]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": rows}), "utf-8")
    assert diagnose(tmp_path).reader == "trainer_state"
