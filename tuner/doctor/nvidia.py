"""The GPUs that the NVIDIA driver lists, through its program `nvidia-smi`."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from diagnostics.subjects.environment import Accelerator

__all__ = ["Nvidia", "look_at_nvidia"]

_SECONDS = 20
"""A driver that does not answer by then hangs."""
_FIELDS = ("index", "uuid", "name", "memory.total", "memory.used", "driver_version", "compute_cap")
_MOST_GPUS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Nvidia:
    """What the driver says.

    Attributes:
        gpus: Its GPUs; None when it gave no answer, empty when there is no driver.
        driver: Its version; None is not known.
        cuda: Newest CUDA release that it serves; None is not known.
        notes: What went wrong, as sentences.
    """

    gpus: tuple[Accelerator, ...] | None = ()
    driver: str | None = None
    cuda: str | None = None
    notes: tuple[str, ...] = ()


def look_at_nvidia(variables: Mapping[str, str] = os.environ) -> Nvidia:
    """Ask the driver; a machine without its program has no GPU that it could list."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Nvidia()
    # Drivers before 510 do not know the last field, and then refuse to answer at all.
    told, fault = _ask(program, _FIELDS)
    if told is None:
        told, fault = _ask(program, _FIELDS[:-1])
    if told is None:
        return Nvidia(gpus=None, notes=(f"nvidia-smi gives no answer: {fault.rstrip('.')}.",))
    rows = _rows(told)
    shown = _visible(rows, variables)
    driver = rows[0][5] if rows else None
    return Nvidia(
        gpus=tuple(_gpu(row, visible=row[0] in shown) for row in rows),
        driver=driver,
        cuda=_cuda(program),
    )


def _rows(told: str) -> list[list[str]]:
    """Return the cells of the answer, one row per GPU; none when it is no table."""
    lines = told.replace("\0", "").splitlines()
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, skipinitialspace=True)]
    except csv.Error:
        return []
    return [row for row in rows if len(row) >= len(_FIELDS) - 1][:_MOST_GPUS]


def _ask(program: str, fields: Iterable[str]) -> tuple[str | None, str]:
    query = f"--query-gpu={','.join(fields)}"
    return _run(program, query, "--format=csv,noheader,nounits")


def _run(*command: str) -> tuple[str | None, str]:
    """Return what a program says, or None and its last words."""
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"{type(error).__name__}: {error}"
    text = done.stdout[:100_000].decode("utf-8", "replace")
    lines = (text + done.stderr[:10_000].decode("utf-8", "replace")).strip().splitlines()
    return (text, "") if done.returncode == 0 else (None, lines[-1] if lines else "")


def _cuda(program: str) -> str | None:
    """Return the CUDA release in the head of the program's table."""
    text, _ = _run(program)
    match = re.search(r"CUDA(?: UMD)? Version *: *(\d{1,3}\.\d{1,3})", text or "")
    return match[1] if match else None


def _gpu(row: list[str], *, visible: bool) -> Accelerator:
    match = re.fullmatch(r"(\d{1,2})\.(\d)", row[6]) if len(row) > 6 else None
    return Accelerator(
        index=int(row[0]) if row[0].isdecimal() else 0,
        name=row[2],
        total_bytes=_mebibytes(row[3]),
        used_bytes=_mebibytes(row[4]),
        capability=(int(match[1]), int(match[2])) if match else None,
        visible=visible,
    )


def _mebibytes(text: str) -> int | None:
    return int(text) * 2**20 if text.isdecimal() and len(text) < 12 else None


def _visible(rows: Iterable[list[str]], variables: Mapping[str, str]) -> set[str]:
    """Return the numbers of the GPUs that programs may see, by CUDA_VISIBLE_DEVICES.

    The list ends at the first entry that names no GPU, as CUDA has it.
    """
    numbers = {row[0] for row in rows}
    told = variables.get("CUDA_VISIBLE_DEVICES")
    if told is None:
        return numbers
    seen: set[str] = set()
    for entry in (part.strip() for part in told.split(",")):
        named = {row[0] for row in rows if entry and (row[0] == entry or row[1].startswith(entry))}
        if not named:
            break
        seen |= named
    return seen
