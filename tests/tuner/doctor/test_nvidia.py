"""The GPUs of a faked driver program."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tuner.doctor.nvidia import look_at_nvidia

Driver = Callable[[str], None]


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """Put a program on the path that answers as `nvidia-smi` would."""

    def put(script: str) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.defpath}")

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return put


TWO_GPUS = """
case "$1" in
  --query-gpu=*)
    echo '0, GPU-aaaa-1, NVIDIA A10, 23028, 4, 550.54.15, 8.6'
    echo '1, GPU-bbbb-2, "Tesla T4, odd", 15360, [N/A], 550.54.15, 7.5' ;;
  *) echo '| NVIDIA-SMI 550.54.15   Driver Version: 550.54.15   CUDA Version: 12.4 |' ;;
esac
"""


def test_two_gpus(driver: Driver) -> None:
    driver(TWO_GPUS)
    found = look_at_nvidia({})
    assert (found.driver, found.cuda, found.notes) == ("550.54.15", "12.4", ())
    assert found.gpus is not None
    first, second = found.gpus
    assert (first.name, first.capability, first.bf16) == ("NVIDIA A10", (8, 6), True)
    assert (first.total_bytes, first.used_bytes) == (23028 * 2**20, 4 * 2**20)
    assert (second.name, second.used_bytes, second.bf16) == ("Tesla T4, odd", None, False)


@pytest.mark.parametrize(
    ("told", "visible"),
    [
        ("0,1", [True, True]),
        ("1", [False, True]),
        ("GPU-bbbb", [False, True]),
        ("", [False, False]),
        ("-1", [False, False]),
        ("0,7,1", [True, False]),
    ],
)
def test_gpus_may_be_hidden(told: str, visible: list[bool], driver: Driver) -> None:
    driver(TWO_GPUS)
    found = look_at_nvidia({"CUDA_VISIBLE_DEVICES": told})
    assert [gpu.visible for gpu in found.gpus or ()] == visible


def test_an_old_driver_does_not_know_the_capability(driver: Driver) -> None:
    driver(
        """case "$1" in
        *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2 ;;
        --query-gpu=*) echo '0, GPU-1, Tesla K80, 11441, 0, 390.12' ;;
        esac"""
    )
    found = look_at_nvidia({})
    assert [(gpu.name, gpu.capability) for gpu in found.gpus or ()] == [("Tesla K80", None)]


def test_a_driver_that_fails_is_said(driver: Driver) -> None:
    driver("echo 'NVIDIA-SMI has failed because it could not communicate.' >&2; exit 9")
    found = look_at_nvidia({})
    assert found.gpus is None
    assert "could not communicate" in found.notes[0]


@pytest.mark.parametrize(
    "answer", ["echo 'x'", "printf '\\000\\377\"\\n,,,'", "yes '\"' | head -c 200000", "true"]
)
def test_a_driver_that_talks_nonsense_has_no_gpus(answer: str, driver: Driver) -> None:
    driver(answer)
    assert look_at_nvidia({}).gpus == ()


def test_no_driver_is_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = look_at_nvidia({})
    assert (found.gpus, found.notes) == ((), ())
