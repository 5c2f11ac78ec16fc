"""Where runs are found below a folder, and what is said where there are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from diagnostics.checkup import diagnose, find_logs, find_runs
from diagnostics.errors import DiagnosticsError
from tests.diagnostics.readers.event_frames import frame_of

STATE = '{"log_history": [{"step": 1, "epoch": 1.0, "eval_loss": 0.5, "eval_f1": 0.5}]}'


def state(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STATE, encoding="utf-8")
    return path


def found(root: Path) -> list[str]:
    return [logs[0].path.relative_to(root).as_posix() for logs in find_runs(root)]


def test_every_folder_with_a_log_is_a_run(tmp_path: Path) -> None:
    state(tmp_path / "b" / "trainer_state.json")
    state(tmp_path / "a" / "deep" / "er" / "trainer_state.json")
    (tmp_path / "c").mkdir()
    assert found(tmp_path) == ["a/deep/er", "b"]


def test_checkpoints_and_further_logs_belong_to_the_run_above(tmp_path: Path) -> None:
    state(tmp_path / "run" / "trainer_state.json")
    state(tmp_path / "run" / "checkpoint-20" / "trainer_state.json")
    state(tmp_path / "run" / "runs" / "trainer_state.json")
    state(tmp_path / "only" / "checkpoint-20" / "trainer_state.json")
    state(tmp_path / "only" / "checkpoint-40" / "trainer_state.json")
    assert found(tmp_path) == ["only", "run"]


def test_log_files_under_names_of_their_own_are_runs_each(tmp_path: Path) -> None:
    state(tmp_path / "seed1.json")
    state(tmp_path / "seed2.json")
    (tmp_path / "unrelated.bin").write_bytes(b"\x00\x01")
    assert found(tmp_path) == ["seed1.json", "seed2.json"]


def test_a_run_that_several_folders_claim_is_found_once(tmp_path: Path) -> None:
    metrics = tmp_path / "lightning_logs" / "version_0" / "metrics.csv"
    metrics.parent.mkdir(parents=True)
    metrics.write_text("epoch,step,val_loss,val_f1\n0,10,0.5,0.5\n1,20,0.4,0.6\n", "utf-8")
    assert len(found(tmp_path)) == 1


def test_several_offline_runs_below_one_folder_are_all_found(tmp_path: Path) -> None:
    for number in range(2):
        files = tmp_path / "wandb" / f"run-2026010{number}_000000-ab12cd3{number}" / "files"
        files.mkdir(parents=True)
        rows = ('{"_step": 1, "epoch": 1, "eval/loss": 0.5}', '{"_step": 2, "eval/loss": 0.4}')
        (files / "wandb-history.jsonl").write_text("\n".join(rows), "utf-8")
    assert len(found(tmp_path)) == 2


KERAS = "epoch,loss,val_loss\n0,1.0,1.1\n1,0.5,0.75\n"
PRINTED = (
    "{'loss': 0.9, 'epoch': 1.0}\n{'eval_loss': 0.8, 'epoch': 1.0}\n{'loss': 0.5, 'epoch': 2}\n"
)
SPACY = """E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE
---  ------  ------------  --------  ------  ------  ------  ------
  0       0          0.00     50.00   10.00   10.00   10.00    0.10
  1     200         10.00    400.00   40.00   40.00   40.00    0.40
"""


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (KERAS, ["seed1.csv", "seed2.csv", "seed3.csv"]),
        (PRINTED, ["run-a.log", "run-b.log", "run-c.log"]),
        (SPACY, ["german.txt", "italian.txt"]),
    ],
    ids=["table", "printed", "spacy"],
)
def test_several_logs_of_one_reader_in_a_folder_are_runs_each(
    content: str, names: list[str], tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).write_text(content, "utf-8")
    assert found(tmp_path) == names
    assert all({log.path for log in logs} == {logs[0].path} for logs in find_runs(tmp_path))


def test_what_lies_beside_the_logs_of_several_runs_belongs_to_them(tmp_path: Path) -> None:
    for name in ("seed1.csv", "seed2.csv"):
        (tmp_path / name).write_text(KERAS, "utf-8")
    (tmp_path / "console.log").write_text(PRINTED, "utf-8")
    assert found(tmp_path) == ["seed1.csv", "seed2.csv"]


@pytest.mark.parametrize("error", ["job.err", "job.e17"])
def test_the_errors_of_a_job_belong_to_its_output(error: str, tmp_path: Path) -> None:
    output = error.replace(".e", ".o").replace(".orr", ".out")
    (tmp_path / output).write_text(PRINTED, "utf-8")
    (tmp_path / error).write_text("torch.cuda.OutOfMemoryError: CUDA out of memory.\n", "utf-8")
    assert found(tmp_path) == [output]
    (tmp_path / "other.log").write_text(PRINTED, "utf-8")
    assert found(tmp_path) == [output, "other.log"]


def test_hidden_folders_and_links_are_not_entered(tmp_path: Path) -> None:
    state(tmp_path / "run" / "trainer_state.json")
    state(tmp_path / ".cache" / "trainer_state.json")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert found(tmp_path) == ["run"]


def test_a_file_is_itself_a_run(tmp_path: Path) -> None:
    (logs,) = find_runs(state(tmp_path / "seed1.json"))
    assert logs[0].path.name == "seed1.json"


def test_a_tree_without_logs_is_answered_with_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DiagnosticsError, match=r"below .*Looked for: .*trainer_state\.json"):
        list(find_runs(tmp_path))


def test_a_folder_of_runs_points_at_them(tmp_path: Path) -> None:
    for name in ("a", "b"):
        state(tmp_path / name / "trainer_state.json")
    with pytest.raises(DiagnosticsError) as error:
        find_logs(tmp_path)
    assert error.value.message.endswith(
        "There are logs in a/, b/: name one of them, or judge all with --recursive."
    )
    assert error.value.hint.startswith("The folder holds a/, b/. Looked for: ")


@pytest.mark.parametrize("name", ["nowhere", "x" * 5000, "a\x00b"])
def test_what_does_not_exist_or_cannot_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(DiagnosticsError, match="does not exist"):
        find_logs(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "run" / "trainer_state.json"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    with pytest.raises(DiagnosticsError, match="neither a file nor a folder"):
        find_logs(pipe)
    with pytest.raises(DiagnosticsError, match="No training log was found below"):
        list(find_runs(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    with pytest.raises(DiagnosticsError, match=r"Permission denied|No training log"):
        find_logs(closed)


# ------------------------------------------------------------------------ folders with very many


@pytest.mark.parametrize(
    ("content", "ending", "count"),
    [(KERAS, "csv", 130), (PRINTED, "log", 70), (SPACY, "txt", 60)],
    ids=["table", "printed", "spacy"],
)
def test_no_log_of_a_crowded_folder_is_left_out(
    content: str, ending: str, count: int, tmp_path: Path
) -> None:
    for number in range(count):
        (tmp_path / f"run{number:03}.{ending}").write_text(content, "utf-8")
    lost: list[str] = []
    assert len(list(find_runs(tmp_path, lost))) == count
    assert lost == []


def test_what_a_limit_leaves_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diagnostics.log_finder._MOST_FURTHER", 5)
    monkeypatch.setattr("diagnostics.readers._table_reader.MOST_FILES", 10)
    for number in range(20):
        (tmp_path / f"run{number:03}.csv").write_text(KERAS, "utf-8")
    lost: list[str] = []
    assert len(list(find_runs(tmp_path, lost))) == 15
    assert "Only the first 5 logs" in lost[0]


def test_folders_beyond_the_limit_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diagnostics.log_finder._MOST_FOLDERS", 2)
    for name in "abc":
        state(tmp_path / name / "trainer_state.json")
    lost: list[str] = []
    assert len(list(find_runs(tmp_path, lost))) == 1
    assert "Only the first 2 folders" in lost[0]


# ------------------------------------------------------------- runs of TensorBoard below `runs/`


def tensorboard(folder: Path, time: int, points: int) -> Path:
    folder.mkdir(parents=True)
    frames = [
        frame_of(step, f"eval/{name}", 0.1 * step)
        for step in range(1, points + 1)
        for name in ("loss", "f1")
    ]
    (folder / f"events.out.tfevents.{time}.host.1.0").write_bytes(b"".join(frames))
    return folder


@pytest.mark.parametrize("below", ["", "runs"])
def test_the_newest_run_of_tensorboard_is_judged_and_the_others_are_named(
    below: str, tmp_path: Path
) -> None:
    old = tensorboard(tmp_path / "runs" / "Jan01_host", 1_700_000_000, 9)
    new = tensorboard(tmp_path / "runs" / "Jan02_host", 1_700_090_000, 3)
    checkup = diagnose(tmp_path / below)
    assert (checkup.subject.source, checkup.others) == (str(new), (old,))
    assert len(checkup.subject.epochs) == 3


@pytest.mark.parametrize("below", ["", "runs"])
def test_each_run_of_tensorboard_below_a_folder_is_a_run(below: str, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        tensorboard(tmp_path / "runs" / f"Jan0{day}_host", 1_700_000_000 + day, 3)
    names = [logs[0].path.name for logs in find_runs(tmp_path / below)]
    assert sorted(names) == ["Jan01_host", "Jan02_host", "Jan03_host"]
    assert all(len(logs) == 1 for logs in find_runs(tmp_path / below))


def test_what_tensorboard_kept_of_a_run_with_a_log_of_its_own_is_no_other_run(
    tmp_path: Path,
) -> None:
    state(tmp_path / "trainer_state.json")
    tensorboard(tmp_path / "runs" / "Jan01_host", 1_700_000_000, 3)
    assert found(tmp_path) == ["."]
