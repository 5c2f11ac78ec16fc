"""Reading TensorBoard event files without TensorFlow."""

from __future__ import annotations

import math
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.readers import _event_file
from diagnostics.readers._event_file import is_event_file, read_event_file
from diagnostics.readers._event_rows import rows_of_scalars
from diagnostics.readers.tensorboard_events import TensorboardEvents
from tests.diagnostics.readers.event_frames import frame_of

DATA = Path(__file__).parents[2] / "data" / "readers" / "tensorboard_events"
TRAINER = DATA / "trainer" / "events.out.tfevents.1700000000.host.1.0"
READER = TensorboardEvents()


def test_the_trainer_logs_steps_evaluations_and_its_arguments() -> None:
    run = READER.read(DATA / "trainer")
    assert [point.number for point in run.epochs] == [1, 2, 3]
    assert [point.step for point in run.epochs] == [20, 40, 60]
    assert [point.eval_loss for point in run.epochs] == [0.8, 0.5, 0.45]
    assert [point.metrics["f1"] for point in run.epochs] == [0.31, 0.58, 0.66]
    assert run.epochs[1].train_loss == pytest.approx(0.55)
    assert run.epochs[2].per_type == {"PER": {"f1": 0.76, "support": 33}}
    assert [step.step for step in run.steps] == [10, 20, 30, 40, 50, 60]
    assert (run.steps[0].loss, run.steps[0].grad_norm) == (1.2, 2.0)
    assert run.config["learning_rate"] == 3e-5
    assert run.config["eval_strategy"] == "epoch"
    assert run.config["model"] == "bert-base-cased"
    assert "max_steps" not in run.config  # -1 means: not set
    assert "architecture" not in run.config  # logged before the head is put on
    assert run.dataset == {"dev_sentences": 80, "train_sentences_estimated": 320}
    assert (run.monitor, run.higher_is_better) == ("f1", True)


def test_one_file_of_a_run_can_be_read_alone() -> None:
    assert len(READER.read(TRAINER).epochs) == 3


def test_lightning_counts_the_epochs_begun() -> None:
    run = READER.read(DATA / "lightning" / "version_0")
    assert [point.number for point in run.epochs] == [1, 2, 3]
    assert [point.metrics for point in run.epochs] == [{"f1": 0.2}, {"f1": 0.4}, {"f1": 0.5}]
    assert [point.train_loss for point in run.epochs] == [1.0, 0.7, 0.5]
    assert run.epochs[0].learning_rate == 2e-5


@pytest.mark.parametrize("name", ["keras", "plain"])
def test_steps_that_are_epochs_are_read_as_such(name: str) -> None:
    run = READER.read(DATA / name)
    assert [point.number for point in run.epochs] == [1, 2, 3]
    assert [point.step for point in run.epochs] == [None, None, None]
    assert [point.train_loss for point in run.epochs] == [1.0, 0.5, 0.25]
    assert [point.eval_loss for point in run.epochs] == [1.1, 0.75, 0.7]
    assert run.notes == ("The steps of the event files are epochs.",)


def test_runs_are_found_by_file_and_folder(tmp_path: Path) -> None:
    run = tmp_path / "out"
    shutil.copytree(DATA / "trainer", run / "runs" / "May01_host")
    shutil.copytree(DATA / "plain", run / "runs" / "Apr01_host")
    (run / "runs" / "empty").mkdir()
    assert READER.find(run) == (run / "runs" / "May01_host", run / "runs" / "Apr01_host")
    assert READER.find(DATA / "keras") == (DATA / "keras",)
    assert READER.find(DATA / "lightning") == (DATA / "lightning" / "version_0",)
    renamed = shutil.copy(TRAINER, tmp_path / "log")
    assert READER.find(Path(renamed)) == (tmp_path / "log",)
    assert READER.find(tmp_path / "absent") == ()
    (tmp_path / "text").write_text("brain.Event:2", encoding="utf-8")
    assert READER.find(tmp_path / "text") == ()


def test_of_two_runs_in_one_folder_the_longer_is_read(tmp_path: Path) -> None:
    folder = shutil.copytree(DATA / "trainer", tmp_path / "run")
    shutil.copy(DATA / "plain" / "events.out.tfevents.1700000000.host.4.0", folder)
    run = READER.read(folder)
    assert [point.step for point in run.epochs] == [20, 40, 60]
    assert any("belongs to another run" in note for note in run.notes)


def write_losses(path: Path, steps: range, *, head: bytes = b"") -> None:
    start = head or TRAINER.read_bytes()[:40]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(start + b"".join(frame_of(step, "train/loss", 1 / step) for step in steps))


def test_a_file_over_the_same_steps_is_of_another_run(tmp_path: Path) -> None:
    write_losses(tmp_path / "events.out.tfevents.1.host", range(10, 100, 10))
    write_losses(tmp_path / "events.out.tfevents.2.host", range(15, 75, 10))
    run = READER.read(tmp_path)
    assert [step.step for step in run.steps] == [*range(10, 100, 10)]
    assert run.notes == ("events.out.tfevents.2.host belongs to another run and was left out.",)


def test_a_file_that_goes_on_is_of_the_same_run(tmp_path: Path) -> None:
    write_losses(tmp_path / "events.out.tfevents.1.host", range(10, 100, 10))
    write_losses(tmp_path / "events.out.tfevents.2.host", range(100, 150, 10))
    run = READER.read(tmp_path)
    assert [step.step for step in run.steps] == [*range(10, 150, 10)]
    assert run.notes == ()


@pytest.mark.parametrize(("rate", "last"), [(b"3e-05", 140), (b"4e-05", 60)], ids=["same", "other"])
def test_hyperparameters_tell_runs_apart(rate: bytes, last: int, tmp_path: Path) -> None:
    frames = events_with_rate(rate)
    folder = tmp_path / "run"
    write_losses(folder / "events.out.tfevents.2.host", range(100, 150, 10), head=frames)
    shutil.copy(TRAINER, folder)
    run = READER.read(folder)
    assert run.steps[-1].step == last
    assert run.config["learning_rate"] == 3e-5
    assert len(run.notes) == (last == 60)


def events_with_rate(rate: bytes) -> bytes:
    """Return the start of the Trainer's event file, with another learning rate in its arguments."""
    frames, place = b"", 0
    content = TRAINER.read_bytes()
    while place < len(content) and b"train/" not in (frame := frame_at(content, place)):
        place += len(frame)
        record = frame[12:-4].replace(b"3e-05", rate)
        frames += frame[:12] + record + _event_file._masked(record)
    return frames


def frame_at(content: bytes, place: int) -> bytes:
    return content[place : place + 16 + int.from_bytes(content[place : place + 8], "little")]


def test_an_empty_log_is_refused() -> None:
    with pytest.raises(DiagnosticsError, match="nothing was logged to TensorBoard"):
        READER.read(DATA / "nothing")


@pytest.mark.parametrize("content", [b"", b"x" * 100, bytes(100)], ids=["empty", "text", "zeros"])
def test_what_is_no_event_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.out.tfevents.1.host"
    path.write_bytes(content)
    with pytest.raises(DiagnosticsError, match="no event file"):
        READER.read(path)
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(DiagnosticsError, match="is a Git LFS pointer"):
        READER.read(path)


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / TRAINER.name
    path.write_bytes(TRAINER.read_bytes()[:2000])
    run = READER.read(path)
    assert 0 < len(run.epochs) < 3
    assert "cut off after" in run.notes[-1] or any("cut off" in note for note in run.notes)


def test_a_damaged_record_costs_only_itself(tmp_path: Path) -> None:
    content = bytearray(TRAINER.read_bytes())
    place = content.index(b"eval/f1")
    content[place + 8] ^= 0xFF
    path = tmp_path / TRAINER.name
    path.write_bytes(content)
    run = READER.read(path)
    assert "f1" not in run.epochs[0].metrics
    assert run.epochs[1].metrics["f1"] == 0.58
    assert any("damaged and was left out" in note for note in run.notes)


def test_a_large_record_is_passed_over_unread(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1.host"
    image = bytes(2**20 + 1)
    head = len(image).to_bytes(8, "little")
    frame = head + _event_file._masked(head) + image + b"\0\0\0\0"
    parts = TRAINER.read_bytes()
    path.write_bytes(parts[:40] + frame + parts[40:])
    assert len(READER.read(path).epochs) == 3


def test_a_long_log_is_thinned_and_keeps_its_evaluations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_event_file, "MOST_RECORDS", 1_000)
    content = TRAINER.read_bytes()[:40]
    for step in range(1, 4_001):
        content += frame_of(step, "train/loss", 1 / step) + frame_of(step, "train/epoch", step / 40)
        if step % 1_000 == 0:
            content += frame_of(step, "eval/f1", step / 10_000)
    path = tmp_path / "events.out.tfevents.1.host"
    path.write_bytes(content)
    run = READER.read(path)
    assert [point.metrics["f1"] for point in run.epochs] == [0.1, 0.2, 0.3, 0.4]
    assert 300 < len(run.steps) < 1_000
    assert any("evenly spread" in note for note in run.notes)


def test_check_sums_are_crc32c() -> None:
    # The published check value of CRC-32C for "123456789", masked as TFRecord masks it.
    crc = 0xE3069283
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    assert _event_file._masked(b"123456789") == masked.to_bytes(4, "little")


@pytest.mark.parametrize("path", sorted(DATA.rglob("events.*")), ids=lambda path: path.name[-12:])
def test_the_tensorboard_package_reads_the_same(path: Path) -> None:
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    expected: list[tuple[int, str, float]] = []
    for event in loader.LegacyEventFileLoader(str(path)).Load():
        for value in event.summary.value:
            if value.HasField("simple_value"):
                expected.append((event.step, value.tag, value.simple_value))
            elif value.tensor.dtype == 1:
                expected.append((event.step, value.tag, _only(value.tensor)))
    found = read_event_file(path).scalars
    assert [entry[:2] for entry in found] == [entry[:2] for entry in expected]
    assert [entry[2] for entry in found] == pytest.approx(
        [entry[2] for entry in expected], rel=1e-6
    )
    assert is_event_file(path)


def _only(tensor: Any) -> float:
    (number,) = struct.unpack("<f", tensor.tensor_content)
    return float(number)


def test_what_torch_writes_is_read(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    writing = pytest.importorskip("torch.utils.tensorboard")
    writer = writing.SummaryWriter(str(tmp_path))
    for step in range(1, 4):
        writer.add_scalar("eval/f1", step / 4, step * 10)
        writer.add_scalar("train/loss", math.nan if step == 2 else 1 / step, step * 10)
        writer.add_scalar("eval/loss", 0.5, step * 10, new_style=True)
        writer.add_scalar("eval/recall", 0.25, step * 10, new_style=True, double_precision=True)
    writer.add_text("notes", "a text")
    writer.close()
    run = READER.read(tmp_path)
    assert [point.metrics for point in run.epochs] == [
        {"f1": share, "recall": 0.25} for share in (0.25, 0.5, 0.75)
    ]
    assert run.epochs[0].eval_loss == 0.5
    assert math.isnan(run.epochs[1].train_loss or 0)


@pytest.mark.parametrize(
    ("tag", "row"),
    [
        ("eval/f1", {"eval_f1": 1.0}),
        ("val_f1", {"eval_f1": 1.0}),
        ("F1/val", {"eval_F1": 1.0}),
        ("validation/loss", {"eval_loss": 1.0}),
        ("Loss/train", {"loss": 1.0}),
        ("train_loss_step", {"loss": 1.0}),
        ("train_loss_epoch", {"loss": 1.0}),
        ("train/train_runtime", {"train_runtime": 1.0}),
        ("lr-AdamW", {"learning_rate": 1.0}),
        ("test_f1", {"eval_f1": 1.0}),
        ("train_f1", {}),
        ("gpu/0/memory", {}),
    ],
)
def test_tags_are_understood(tag: str, row: dict[str, float]) -> None:
    rows = rows_of_scalars([(7, tag, 1.0)], [])
    assert rows == ([{"step": 7, **row}] if row else [])


def test_of_several_tags_of_one_meaning_the_plainest_counts() -> None:
    rows = rows_of_scalars(
        [(1, "train/loss_total", 9.0), (1, "train/loss", 1.0), (2, "train/loss_total", 8.0)], []
    )
    assert rows == [{"step": 1, "loss": 1.0}]


def test_the_folders_of_a_writer_of_several_scalars_are_one_run(tmp_path: Path) -> None:
    start = TRAINER.read_bytes()[:40]
    for folder, losses in (("Loss_train", (0.9, 0.5)), ("Loss_val", (1.0, 0.7))):
        (tmp_path / folder).mkdir()
        frames = b"".join(frame_of(n, "Loss", loss) for n, loss in enumerate(losses, start=1))
        (tmp_path / folder / "events.out.tfevents.1.host").write_bytes(start + frames)
    assert READER.find(tmp_path) == (tmp_path,)
    run = READER.read(tmp_path)
    assert [point.eval_loss for point in run.epochs] == [1.0, 0.7]
    assert [point.train_loss for point in run.epochs] == [0.9, 0.5]
