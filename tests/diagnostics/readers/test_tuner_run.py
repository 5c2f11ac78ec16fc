"""Reading the run directories of `tuner`, and the winner of a study."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from diagnostics.checkup import check_up, run_rules
from diagnostics.errors import DiagnosticsError
from diagnostics.readers._tuner_facts import f1_error_of_counts
from diagnostics.readers.tuner_run import TunerRun

STUDY = Path(__file__).parents[2] / "data" / "readers" / "tuner_run" / "study"
READER = TunerRun()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STUDY, tmp_path / "study"))


def test_a_study_is_judged_by_its_winner() -> None:
    run = READER.read(STUDY)
    assert run.source.endswith("trials/0001")
    assert run.notes[0] == "Judged is trial 0001, the winner of 3 trials."
    assert [point.metrics["f1"] for point in run.epochs] == [0.21, 0.52, 0.66, 0.71, 0.72, 0.724]


def test_facts_come_from_the_run_and_from_its_study() -> None:
    run = READER.read(STUDY)
    assert run.config["learning_rate"] == 1e-4
    assert run.config["model"] == "models/minilm"
    assert run.config["parameters"] == 22_700_000
    assert run.dataset["train_sentences"] == 200
    assert run.dataset["dev_sentences"] == 70  # counted, not told
    assert run.dataset["dev_entities"] == 100
    assert run.environment["device"] == "cpu (2 threads)"


def test_a_torn_last_line_is_left_out_and_said() -> None:
    run = READER.read(STUDY)
    assert len(run.epochs) == 6
    assert any("1 torn line" in note for note in run.notes)


def test_events_are_kept() -> None:
    (event,) = READER.read(STUDY).events
    assert event.kind == "out-of-memory"
    assert (event.epoch, event.step) == (1, 3)


def test_how_the_run_ended_is_said() -> None:
    run = READER.read(STUDY / "trials" / "0002")
    assert run.config["state"] == "pruned"
    assert "The run ended as pruned: 0.12 < 0.52 at 25 %." in run.notes


def test_without_a_summary_the_best_trial_is_judged(study: Path) -> None:
    (study / "summary.json").unlink()
    assert READER.read(study).notes[0] == "Judged is trial 0001, the best of 3 trials so far."


def test_without_any_score_the_longest_trial_is_judged(study: Path) -> None:
    (study / "summary.json").unlink()
    for result in study.glob("trials/*/result.json"):
        result.unlink()
    assert READER.read(study).notes[0].startswith("No trial has a score; judged is trial 0001")


def test_a_run_that_was_never_begun_is_said(study: Path) -> None:
    for name in ("history.jsonl", "config.json"):
        for file in study.glob(f"trials/*/{name}"):
            file.unlink()
    with pytest.raises(DiagnosticsError, match="was never begun"):
        READER.read(study)


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A study whose only trial was stopped in its first epoch: no history was written yet."""
    trial = tmp_path / "stopped" / "trials" / "0000"
    trial.mkdir(parents=True)
    settings = {"key": "0000", "learning_rate": 2e-5, "batch_size": 16, "epochs": 4}
    (trial / "config.json").write_text(json.dumps(settings))
    (trial / "environment.json").write_text("{}")
    (trial / "result.json").write_text(
        json.dumps({"state": "interrupted", "reason": "stopped at once", "score": None})
    )
    (tmp_path / "stopped" / "progress.json").write_text(
        json.dumps({"phase": "search", "trained": {"0000": 0.413}})
    )
    return tmp_path / "stopped"


def test_a_run_stopped_in_its_first_epoch_is_told_as_that(stopped: Path) -> None:
    trial = stopped / "trials" / "0000"
    assert READER.find(trial) == (trial,)
    for path in (stopped, trial):
        checkup = check_up(READER.read(path), run_rules())
        (found,) = [each for each in checkup.findings if each.rule == "R506"]
        assert found.message == (
            "The run ended in epoch 1 of 4, 41% through it. Its last words: stopped at once."
        )
        assert "Run the same command again" in found.fixes[0].text
    (stopped / "progress.json").unlink()
    (found,) = [
        each for each in check_up(READER.read(trial), run_rules()).findings if each.rule == "R506"
    ]
    assert found.message.startswith("The run ended in epoch 1 of 4. ")


def test_a_search_that_was_stopped_at_once_tells_it_in_its_summary_alone(stopped: Path) -> None:
    trial = stopped / "trials" / "0000"
    (trial / "result.json").unlink()
    row = {"key": "0000", "state": "interrupted", "note": "interrupted: stopped at once"}
    summary = stopped / "summary.json"
    summary.write_text(json.dumps({"status": "interrupted", "rows": [3, row]}))
    (found,) = [
        each for each in check_up(READER.read(stopped), run_rules()).findings if each.rule == "R506"
    ]
    assert found.message.endswith("41% through it. Its last words: stopped at once.")
    os.utime(summary, ns=(0, 0))  # the study goes on since
    assert READER.read(trial).config["state"] == "running"


def test_a_run_without_an_end_in_its_first_epoch_may_go_on(stopped: Path) -> None:
    (stopped / "trials" / "0000" / "result.json").unlink()
    run = READER.read(stopped)
    assert run.config["state"] == "running"
    assert any("it is in its first one, or was killed there" in note for note in run.notes)
    assert not [each for each in check_up(run, run_rules()).findings if each.rule == "R506"]


@pytest.mark.parametrize("progress", ["{", "[]", '{"trained": 3}', '{"trained": {"0000": "x"}}'])
def test_a_strange_progress_is_passed_over(stopped: Path, progress: str) -> None:
    (stopped / "progress.json").write_text(progress)
    assert "epochs_done" not in READER.read(stopped).config


def test_a_model_folder_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "environment.json").write_text("{}")
    assert READER.find(tmp_path) == ()


def test_finds_runs_studies_and_histories(tmp_path: Path) -> None:
    trial = STUDY / "trials" / "0001"
    assert READER.find(STUDY) == (STUDY,)
    assert READER.find(trial) == (trial,)
    assert READER.find(trial / "history.jsonl") == (trial,)
    assert READER.find(tmp_path) == ()


def test_an_epoch_trained_twice_counts_once(study: Path) -> None:
    path = study / "trials" / "0000" / "history.jsonl"
    again = json.loads(path.read_text(encoding="utf-8").splitlines()[1])
    again["scores"]["f1"] = 0.5
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(again) + "\n")
    run = READER.read(study / "trials" / "0000")
    assert [point.metrics["f1"] for point in run.epochs] == [0.0, 0.5, 0.0]


def test_reads_what_the_recorder_writes(tmp_path: Path) -> None:
    from diagnostics.subjects.run_history import RunEvent
    from tuner.search.record import RunRecorder, prepare_run
    from tuner.search.run_record import RunRecord
    from tuner.trial import EpochReport, Scores, TrialSpec

    spec = TrialSpec(learning_rate=2e-5, batch_size=16, epochs=2)
    record = RunRecord(
        key="0000", number=0, spec=spec, role="search", origin="recipe", directory=tmp_path / "0000"
    )
    scores = Scores(
        loss=0.5, precision=0.5, recall=0.5, f1=0.5, accuracy=0.9, counts=((1, 2, 2), (0, 1, 1))
    )
    prepare_run(record, {}, {"device": "cpu"})
    recorder = RunRecorder(record.directory)
    event = RunEvent(kind="out-of-memory", message="Went on in halves.", epoch=1.0)
    recorder.event(event)
    recorder.epoch(EpochReport(epoch=1, epochs=2, step=13, train_loss=0.7, scores=scores))
    run = READER.read(record.directory)
    assert run.config["batch_size"] == 16
    assert run.epochs[0].metrics == {"f1": 0.5, "precision": 0.5, "recall": 0.5, "accuracy": 0.9}
    assert [event.kind for event in run.events] == ["out-of-memory"]
    assert "out-of-memory" in {found.name for found in check_up(run, run_rules()).findings}


def test_the_sampling_error_of_f1_is_that_of_a_bootstrap() -> None:
    import random
    from statistics import stdev

    counts = [(1, 1, 1)] * 30 + [(0, 1, 2)] * 15 + [(2, 3, 2)] * 25 + [(0, 0, 1)] * 10
    generator = random.Random(1)
    scores = []
    for _ in range(2000):
        drawn = generator.choices(counts, k=len(counts))
        total = sum(predicted + gold for _, predicted, gold in drawn)
        scores.append(2 * sum(correct for correct, _, _ in drawn) / total)
    assert f1_error_of_counts(counts) == pytest.approx(stdev(scores), rel=0.1)
    assert f1_error_of_counts([(0, 0, 0), (0, 0, 0)]) is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '[["a", 1, 1]]', "[[1, 2]]", "[1]", "[[1e400, 1, 1]]", "null"]
)
def test_damaged_counts_are_passed_over(study: Path, content: str) -> None:
    (study / "trials" / "0001" / "dev_counts.json").write_text(content, encoding="utf-8")
    assert "f1_standard_error" not in READER.read(study).dataset
