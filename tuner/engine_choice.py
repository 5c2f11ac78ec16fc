"""Which engine runs a search, on which devices, and why: judged before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.engine_catalogue import engine_names
from tuner.errors import UsageError
from tuner.problems import nearest_name_hint
from tuner.study import SearchOptions
from tuner.study_options import ALL_DEVICES, options_from_table

__all__ = [
    "CLUSTER",
    "IN_PROCESS",
    "WORKERS",
    "EngineChoice",
    "check_engine_options",
    "choose_engine",
    "engine_options",
    "without_overruled",
]

IN_PROCESS, WORKERS, CLUSTER = "in-process", "workers", "ray"
SPREADING = ("devices", "per_device", "address")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """The engine that runs a search.

    Attributes:
        name: Its name, as in `--engine`.
        why: Why it was chosen, to be read after the name: `as asked`.
        devices: Devices by name; empty: all that are there.
        per_device: Trainings side by side on one device; None: as many as fit and pay.
        address: Address of a cluster, or None.
    """

    name: str
    why: str
    devices: tuple[str, ...] = ()
    per_device: int | None = 1
    address: str | None = None


def engine_options(**given: Any) -> dict[str, Any]:
    """Return `engine`, `devices`, `per_device`, `address` and `artifacts` as options hold them.

    Args:
        given: What the user gave, devices as text or a list; None stands for nothing.

    Raises:
        UsageError: A value cannot be right.
    """
    table = {name: value for name, value in given.items() if value is not None}
    options, problems = options_from_table(table)
    for problem in problems:
        option = f"--{problem.key.replace('_', '-')}"
        raise UsageError(f"`{option}` {problem.message}.", "Change it, or leave it out.")
    return options


def without_overruled(
    file: Mapping[str, Any], given: Mapping[str, Any], device: str | None
) -> dict[str, Any]:
    """Return a study file's options without those that what was given leaves no sense to.

    A file that names eight GPUs can so be tried on a laptop with `--device cpu`.

    Args:
        file: Options of the file.
        given: What the user gave; None stands for nothing.
        device: The one device that the user named, or None.
    """
    dropped = {"devices"} if device is not None else set()
    engine = given.get("engine")
    if engine == IN_PROCESS:
        dropped |= set(SPREADING)
    if engine is not None and engine != CLUSTER:
        dropped.add("address")
    return {name: value for name, value in file.items() if name not in dropped}


def check_engine_options(options: SearchOptions, device: str | None) -> None:
    """Refuse options that contradict each other.

    Args:
        options: What holds.
        device: The one device that the user named with `--device`, or None.

    Raises:
        UsageError: They do, or there is no such engine.
    """
    names = engine_names()
    if options.engine is not None and options.engine not in names:
        raise UsageError(
            f"There is no engine `{options.engine}`; the engines are {', '.join(names)}.",
            nearest_name_hint(options.engine, names),
        )
    if device is not None and options.devices:
        raise UsageError(
            f"`--device` names the one device to train on, but got `{device}` and "
            f"`--devices {','.join(options.devices)}`.",
            "Keep --devices alone, for one device too.",
        )
    if options.address is not None and options.engine != CLUSTER:
        raise UsageError(
            f"`--address` is that of a Ray cluster, but got `{options.address}` with "
            f"{_told(options.engine)}.",
            "Add --engine ray, or leave --address out.",
        )
    if options.engine == IN_PROCESS:
        _check_in_process(options)


def _check_in_process(options: SearchOptions) -> None:
    if len(options.devices) > 1 or options.devices == (ALL_DEVICES,):
        raise UsageError(
            "`--engine in-process` trains on one device, but got "
            f"`--devices {','.join(options.devices)}`.",
            "Use --engine workers, or name one device.",
        )
    if options.per_device not in (None, 1):
        raise UsageError(
            "`--engine in-process` trains one after the other, but got "
            f"`--per-device {options.per_device}`.",
            "Use --engine workers, or leave --per-device out.",
        )


def _told(engine: str | None) -> str:
    return "no engine" if engine is None else f"`--engine {engine}`"


def choose_engine(options: SearchOptions, device: str | None, gpus: int) -> EngineChoice:
    """Choose the engine: the one asked for, else workers where more than one training fits.

    Args:
        options: What holds, checked by `check_engine_options`.
        device: The one device that the user named with `--device`, or None.
        gpus: How many GPUs this process sees.
    """
    name, why = _name_and_reason(options, device, gpus)
    devices = options.devices if options.devices != (ALL_DEVICES,) else ()
    return EngineChoice(
        name=name,
        why=why,
        devices=devices or ((device,) if device is not None else ()),
        per_device=None if options.per_device == "auto" else options.per_device or 1,
        address=options.address,
    )


def _name_and_reason(options: SearchOptions, device: str | None, gpus: int) -> tuple[str, str]:
    if options.engine is not None:
        return options.engine, "as asked"
    if options.devices:
        return WORKERS, f"for --devices {','.join(options.devices)}"
    if options.per_device is not None:
        return WORKERS, f"for --per-device {options.per_device}"
    if device is None and gpus > 1:
        return WORKERS, f"this machine has {gpus} GPUs"
    return IN_PROCESS, "for one device"
