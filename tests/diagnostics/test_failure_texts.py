"""What whole printed texts tell about failures: figures, phases, echoes, quoted messages."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from diagnostics._memory_figures import memory_figures
from diagnostics.failure_messages import recognise, recognise_all

QUOTED = Path(__file__).parents[3] / "shared" / "histories" / "messages.jsonl"
MIB, GIB = 2**20, 2**30


def test_reads_the_figures_of_every_generation_of_messages() -> None:
    first = memory_figures(
        "CUDA out of memory. Tried to allocate 90.00 MiB (GPU 0; 8.00 GiB total capacity; 6.50 GiB "
        "already allocated; 10.00 MiB free; 20.00 MiB cached)"
    )
    assert first == {
        "requested_bytes": 90 * MIB,
        "capacity_bytes": 8 * GIB,
        "allocated_bytes": 6.5 * GIB,
        "free_bytes": 10 * MIB,
        "reserved_bytes": 6.5 * GIB + 20 * MIB,
    }
    second = memory_figures("6.50 GiB already allocated; 7.00 GiB reserved in total by PyTorch)")
    assert second["reserved_bytes"] == 7 * GIB
    third = memory_figures(
        "Tried to allocate 1.50 GiB. GPU 0 has a total capacity of 16.00 GiB of which 512.00 KiB "
        "is free. Process 71 has 2.00 GiB memory in use. Process 72 has 1.00 GiB memory in use. Of "
        "the allocated memory 12.00 GiB is allocated by PyTorch, and 1.00 GiB is reserved by "
        "PyTorch but unallocated."
    )
    assert third == {
        "requested_bytes": 1.5 * GIB,
        "capacity_bytes": 16 * GIB,
        "allocated_bytes": 12 * GIB,
        "free_bytes": 512 * 1024,
        "reserved_bytes": 13 * GIB,
        "other_processes_bytes": 3 * GIB,
    }
    assert memory_figures("Used 17.00G of 15.00G hbm")["capacity_bytes"] == 15 * GIB
    reserved = memory_figures("Attempting to reserve 5.25G at the bottom. There are 2.00G free")
    assert reserved == {"requested_bytes": 5.25 * GIB, "free_bytes": 2 * GIB}


def test_joins_a_message_that_was_broken_over_two_lines() -> None:
    [event] = recognise_all(
        "RuntimeError: MPS backend out of memory (MPS allocated: 9.00 GB, max allowed: 9.50 GB).\n"
        "Tried to allocate 256 bytes on shared pool.\n"
    )
    assert event.details == {
        "requested_bytes": 256,
        "allocated_bytes": 9 * GIB,
        "capacity_bytes": 9.5 * GIB,
    }


@pytest.mark.parametrize(
    ("function", "phase"), [("evaluation_loop", "evaluation"), ("training_step", "train")]
)
def test_a_traceback_tells_the_phase(function: str, phase: str) -> None:
    [event] = recognise_all(
        "Traceback (most recent call last):\n"
        f'  File "/x/transformers/trainer.py", line 4711, in {function}\n'
        "    logits = model(**inputs)\n"
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.\n"
    )
    assert event.details["phase"] == phase


def test_a_traceback_of_its_own_forgets_the_phase_of_the_one_before() -> None:
    text = (
        '  File "x", line 1, in evaluation_loop\nValueError: x\n'
        "Traceback (most recent call last):\n"
        "RuntimeError: CUDA out of memory.\n"
    )
    assert "phase" not in recognise_all(text)[-1].details


def test_echoes_are_left_out() -> None:
    asserted = "Assertion `t >= 0 && t < n_classes` failed.\ndevice-side assert triggered"
    assert [event.details["cause"] for event in recognise_all(asserted)] == [
        "label-id-out-of-range"
    ]
    ran_out = "RuntimeError: CUDA out of memory.\nCUDA error: CUBLAS_STATUS_ALLOC_FAILED when"
    assert [event.kind for event in recognise_all(ran_out)] == ["out-of-memory"]


def test_repetitions_count_once_and_the_number_is_bounded() -> None:
    text = "".join(f"IndexError: Target {number} is out of bounds.\n" for number in range(100))
    assert len(recognise_all(text)) == 1
    names = "".join(f"KeyError: 'B-{'X' * number}'\n" for number in range(1, 40))
    assert len(recognise_all(names, most=7)) == 7


def test_messages_are_harmless_and_short() -> None:
    event = recognise("RuntimeError: CUDA out of memory. \x1b]0;x\x07 " + "[bold]" * 200)
    assert event is not None
    assert event.message.isprintable()
    assert len(event.message) <= 300


@pytest.mark.skipif(not QUOTED.is_file(), reason="the quoted messages are not here")
def test_quoted_messages_of_public_issues() -> None:
    expected = {
        "cuda_oom": "out-of-memory",
        "mps_oom": "out-of-memory",
        "tf_oom": "out-of-memory",
        "host_": "host-out-of-memory",
        "dataloader_bus_error": "host-out-of-memory",
        "cublas": "label-error",
        "label_oob": "label-error",
        "index_oob": "label-error",
        "device_side_assert": "label-error",
        "accelerate_missing": "version-conflict",
        "numpy": "version-conflict",
        "gpu_too_old": "version-conflict",
        "arg_renamed": "unknown-argument",
        "seqeval_bad_tag": "labels-not-chunks",
        "nan_late": "non-finite",
        "nan_grad_before": "non-finite",
        "nan_json": "non-finite",
    }
    counts: Counter[str] = Counter()
    with QUOTED.open(encoding="utf-8") as file:
        for quoted in map(json.loads, file):
            kinds = {event.kind for event in recognise_all(quoted["text"])} - {"error"}
            wanted = {kind for start, kind in expected.items() if quoted["kind"].startswith(start)}
            counts["right" if kinds - {"interrupted"} == wanted else quoted["kind"]] += 1
    assert set(counts) == {"right"}
