"""The report on an environment: tables, findings, the one line that mends it."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from diagnostics.judgement import check_up, rules_about
from diagnostics.report.terminal import render
from diagnostics.report_format import ReportOptions
from diagnostics.subjects.environment import (
    Accelerator,
    Environment,
    Host,
    Hub,
    Library,
    Torch,
)
from diagnostics.subjects.training_script import Argument, Call, Signature, TrainingScript

LIBRARIES = {
    "torch": ("2.8.0+cu126", ()),
    "transformers": ("5.23.0", ("tokenizers<0.24,>=0.23.1", 'torch>=2.6; extra == "torch"')),
    "accelerate": ("1.10.0", ()),
    "tokenizers": ("0.22.2", ()),
    "numpy": ("2.3.1", ()),
    "bottle": ("0.13", ()),
}
BROKEN = Environment(
    source="/home/me/venv",
    python="3.11.9",
    platform="Linux x86_64",
    libraries={
        name: Library(name=name, version=version, requires=requires)
        for name, (version, requires) in LIBRARIES.items()
    },
    import_faults={"torch": "", "numpy": ""},
    torch=Torch(
        cuda="12.6", hip="", architectures=("sm_80", "sm_86"), available=True, threads=8,
        numpy_fault="",
    ),
    accelerators=(
        Accelerator(
            index=0, name="NVIDIA A10", total_bytes=24 * 2**30, used_bytes=20 * 2**30,
            capability=(8, 6),
        ),
        Accelerator(
            index=1, name="Tesla T4", total_bytes=16 * 2**30, used_bytes=0, capability=(7, 5),
            visible=False,
        ),
    ),
    driver="550.54.15",
    driver_cuda="12.4",
    host=Host(
        cpus=16, cpu_quota=8.0, memory_total=64 * 2**30, memory_available=50 * 2**30,
        shared_memory=64 * 2**20, disk_folder="runs", disk_free=90 * 2**30,
    ),
    hub=Hub(folder="/home/me/.cache/huggingface/hub", size=5 * 2**30, models=("a/b",)),
    script=TrainingScript(
        path="train.py",
        calls=(
            Call(
                callee="TrainingArguments",
                line=12,
                arguments=(
                    Argument(name="evaluation_strategy", value='"epoch"', line=14),
                    Argument(name="no_cuda", value="False", line=17),
                ),
            ),
        ),
    ),
    signatures={
        "TrainingArguments": Signature(names=frozenset({"eval_strategy", "output_dir", "use_cpu"}))
    },
    plan={"precision": "bf16", "batch_size": 64},
    forecast={
        "batch_size": 64, "length": 256, "precision": "bf16", "optimizer": "adamw_torch_fused",
        "device": "cuda", "upper_bytes": 9 * 2**30, "free_bytes": 4 * 2**30,
        "largest_batch_size": 21, "epoch_seconds": 95.0, "epoch_seconds_low": 48.0,
        "epoch_seconds_high": 240.0,
    },
    model={"name": "bert-base-cased", "parameters": 108_000_000},
)  # fmt: skip


def test_the_terminal_at_80_columns() -> None:
    checkup = check_up(BROKEN, rules_about("environment"))
    shown = render(checkup, 80, ReportOptions(fix_command=True))
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert shown == snapshot("""\
Not ready to train: 3 errors, 2 warnings, 1 remark.
/home/me/venv
Python 3.11.9, Linux x86_64, model bert-base-cased, 108 million parameters,
script train.py (1 call read)

 Library           Version  State
 torch         2.8.0+cu126  fine
 transformers       5.23.0  fine
 accelerate         1.10.0  fine
 tokenizers         0.22.2  transformers wants >=0.23.1,<0.24
 numpy               2.3.1  fine
 and 1 more library; 2 requirements were compared

 Device            Memory  Used by others  Capability  bf16  State
 GPU 0 NVIDIA A10  24 GiB          20 GiB         8.6  yes   fine
 GPU 1 Tesla T4    16 GiB         0 bytes         7.5  no    hidden
 NVIDIA driver 550.54.15, for CUDA 12.4

 Machine
 processors         16  8 granted by the container
 main memory    64 GiB  50 GiB available
 shared memory  64 MiB  /dev/shm
 free disk      90 GiB  runs
 hub cache       5 GiB  1 model in /home/me/.cache/huggingface/~

 Forecast
 batch of 64             9 GiB  at most
 free                    4 GiB  cuda
 inputs         256 sub-tokens  bf16, adamw_torch_fused
 largest batch              21  goes through the model at once
 an epoch              1.6 min  48 s to 4.0 min

 Line  In the script                Instead
   14  evaluation_strategy="epoch"  eval_strategy="epoch"
   17  no_cuda=False                use_cpu=False

Root cause: ERROR E102 unmet-requirement (conclusive evidence)
  transformers 5.23.0 asks for tokenizers>=0.23.1,<0.24, but 0.22.2 is
  installed.
  Evidence: transformers 5.23.0; tokenizers 0.22.2
  Doubt: The library declares more than it needs, and the training works.

Also: ERROR E301 renamed-argument (conclusive evidence)
  TrainingArguments of transformers 5.23.0 knows no argument
  evaluation_strategy.
    at train.py:14: evaluation_strategy="epoch"
  Evidence: unknown name evaluation_strategy
  Doubt: The script runs with another version of transformers.
  error E301 renamed-argument: TrainingArguments of transformers 5.23.0 knows
    no argument no_cuda. (at train.py:17)

Also: WARNING E203 accelerator-memory-taken (conclusive evidence)
  Other processes hold 20 GiB of the 24 GiB of NVIDIA A10.
  Evidence: used by others 20 GiB; memory 24 GiB
  Doubt: The other process ends before the training starts.

Further remarks
  warning E210 batch-does-not-fit: A batch of 64 at 256 sub-tokens needs up to
    9 GiB, but 4 GiB are free.
  info E204 small-shared-memory: The shared memory holds 64 MiB, which is
    little if data loader workers are used.

Fix for E102: Install a version that suits all libraries: tokenizers 0.22.2
    → >=0.23.1,<0.24 (transformers 5.23.0 asks for it)
Fix for E301: Change line 14: evaluation_strategy "epoch" →
    eval_strategy="epoch" (renamed in Transformers 4.41)
  and: Change line 17: no_cuda False → use_cpu=False (the old name is gone)
Fix for E203: End the process that holds it; nvidia-smi lists them.

Mends the libraries
  pip install 'tokenizers>=0.23.1,<0.24'

More: tuner explain E102
Next: once more, after the fixes
  tuner doctor --model bert-base-cased --script train.py
""")


@pytest.mark.parametrize("width", [20, 40, 120])
def test_every_width_can_be_shown(width: int) -> None:
    checkup = check_up(BROKEN, rules_about("environment"))
    assert "Not ready to train" in " ".join(render(checkup, width).split())


def test_nothing_known_is_no_fault() -> None:
    shown = render(check_up(Environment(source="x"), rules_about("environment")), 80)
    assert shown.startswith("No fault found, but most rules could not judge.")


def test_one_thread_is_one_thread() -> None:
    machine = Environment(source="x", accelerators=(), torch=Torch(threads=1))
    shown = render(check_up(machine, rules_about("environment")), 80)
    assert "processor (1 thread) " in shown


def test_a_missing_forecast_gives_its_reason_to_the_rules() -> None:
    asked = Environment(source="x", model={"name": "a/b"}, forecast_fault="a/b is not here")
    shown = render(check_up(asked, rules_about("environment")), 80, ReportOptions(verbose=True))
    assert shown.startswith("Ready to train, but without the forecast of memory")
    assert "no forecast of memory: a/b is not here: batch-does-not-fit" in shown
