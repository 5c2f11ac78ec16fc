"""Whether libraries can be imported, and what PyTorch can use, tried in a process of its own.

A broken library may do more than raise: it may end the interpreter. And a command that only looks
need not become a process that holds a GPU.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnostics.subjects.environment import Accelerator, Torch

__all__ = ["Probe", "probe_imports"]

_SECONDS = 180
"""The first import of PyTorch from a slow disk takes a minute."""
_MARK = "tuner-doctor:"
_LIBRARIES = ("numpy", "torch", "tokenizers", "safetensors", "pyarrow", "pandas")
"""Compiled libraries that trainings load, those first that others build upon."""
_LONGEST = 300

_PROGRAM = r"""
import importlib, json, sys

MARK = sys.argv[1]

def say(**facts):
    print(MARK + json.dumps(facts), flush=True)

def last_line(error):
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1] if lines else ''}".strip(": ")

def attempt(what, default=None):
    try:
        return what()
    except Exception:
        return default

def gpus(torch):
    found = []
    for number in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(number)
        found.append([facts.name, facts.total_memory, facts.major, facts.minor])
    return found

for name in sys.argv[2:]:
    say(trying=name)
    try:
        importlib.import_module(name)
    except BaseException as error:
        say(imported=name, fault=last_line(error))
    else:
        say(imported=name, fault="")

torch = sys.modules.get("torch")
if torch is not None and hasattr(torch, "cuda"):
    say(trying="torch.cuda")
    fault = ""
    try:
        torch.zeros(1).numpy()
    except Exception as error:
        fault = last_line(error)
    say(
        numpy_fault=fault,
        available=attempt(torch.cuda.is_available),
        architectures=attempt(torch.cuda.get_arch_list),
        mps=attempt(lambda: torch.backends.mps.is_available()),
        threads=attempt(torch.get_num_threads),
        cuda=attempt(lambda: torch.version.cuda or ""),
        hip=attempt(lambda: torch.version.hip or ""),
        gpus=attempt(lambda: gpus(torch), []),
    )
say(done=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What was tried, and how it went.

    Attributes:
        faults: Library to the last line of its error; empty for one that can be imported.
        torch: What PyTorch can use; None when it cannot be imported.
        gpus: GPUs that PyTorch lists.
        notes: What went wrong with the attempt itself, as sentences.
    """

    faults: Mapping[str, str] = field(default_factory=dict)
    torch: Torch | None = None
    gpus: tuple[Accelerator, ...] = ()
    notes: tuple[str, ...] = ()


def probe_imports(installed: Mapping[str, object], *, seconds: float = _SECONDS) -> Probe:
    """Import the compiled libraries that are installed.

    Args:
        installed: What is installed; libraries that are not are not tried.
        seconds: How long it may take.
    """
    names = [name for name in _LIBRARIES if name in installed]
    # -P: nothing in the working directory is taken for a library.
    command = [sys.executable, "-P", "-c", _PROGRAM, _MARK, *names]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        return _read(error.stdout or b"", f"did not end within {seconds:g} seconds")
    except OSError as error:
        return Probe(notes=(f"No library could be tried: {error}.",))
    return _read(done.stdout, _ending(done.returncode))


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended the interpreter with exit code {code}"
    try:
        return f"ended the interpreter with signal {signal.Signals(-code).name}"
    except ValueError:
        return f"ended the interpreter with signal {-code}"


def _read(output: bytes, ending: str) -> Probe:
    """Return what the process said before its end."""
    told: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for line in output.decode("utf-8", "replace").splitlines():
        facts = _facts(line)
        told.update(facts)
        if "imported" in facts:
            faults[str(facts["imported"])] = str(facts.get("fault", ""))[:_LONGEST]
    if not told.get("done"):
        # What was being tried when the process ended is to blame.
        faults[str(told.get("trying", "python")).partition(".")[0]] = f"it {ending}"
    return Probe(faults=faults, torch=_torch(told), gpus=tuple(_gpus(told)))


def _facts(line: str) -> dict[str, Any]:
    if not line.startswith(_MARK):
        return {}
    try:
        facts = json.loads(line.removeprefix(_MARK))
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _torch(told: Mapping[str, Any]) -> Torch | None:
    if "numpy_fault" not in told:
        return None
    architectures = told.get("architectures")
    return Torch(
        cuda=told.get("cuda"),
        hip=told.get("hip"),
        architectures=None if architectures is None else tuple(map(str, architectures)),
        available=told.get("available"),
        mps=told.get("mps"),
        threads=told.get("threads"),
        numpy_fault=str(told["numpy_fault"])[:_LONGEST],
    )


def _gpus(told: Mapping[str, Any]) -> list[Accelerator]:
    return [
        Accelerator(index=index, name=str(name), total_bytes=total, capability=(major, minor))
        for index, (name, total, major, minor) in enumerate(told.get("gpus") or ())
    ]
