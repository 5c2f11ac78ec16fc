"""The benchmark of workers side by side runs through in its tiny form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks import scaling
from benchmarks.support.gpu_watch import GpuWatch


# What others' libraries warn about is theirs.
@pytest.mark.filterwarnings("default")
def test_runs_through_in_its_tiny_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "figures.json"
    arguments = ["--tiny", "--device", "cpu", "--output", str(output)]
    scaling.main(arguments)
    figures = json.loads(output.read_text(encoding="utf-8"))
    arms = [(each["arm"], each["workers"], each["trials"]) for each in figures["measured"]]
    assert arms[:2] == [("scripted", 1, 1), ("scripted", 2, 2)] and arms[2][0] == "trained"
    assert all(each["bytes_per_worker"] > 0 for each in figures["measured"])
    assert "RATIO trials per hour, scripted, 2 workers over 1:" in capsys.readouterr().out


def test_help_says_what_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        scaling.main(["--help"])
    assert ended.value.code == 0
    assert "RATIO" in capsys.readouterr().out


def test_the_gpu_is_watched_through_its_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "nvidia-smi"
    script.write_text(
        '#!/bin/sh\n[ "$1" = --id=1 ] || exit 1\n'
        f"test -e {tmp_path}/later && echo '60, 5000' || echo '0, 1000'\ntouch {tmp_path}/later\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("benchmarks.support.gpu_watch.SECONDS", 0.01)
    with GpuWatch(1) as watch:
        while watch.utilisation is None:
            pass
    assert watch.utilisation == 0.6
    assert watch.most_bytes == 4000 * 2**20


def test_without_a_gpu_nothing_is_seen() -> None:
    with GpuWatch(None) as watch:
        pass
    assert watch.utilisation is None and watch.most_bytes is None
