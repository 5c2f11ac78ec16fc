"""Puts together what is found: libraries, devices, machine, and a script that is to run here."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from diagnostics.subjects.environment import Accelerator, Environment, Torch
from diagnostics.subjects.training_script import TrainingScript
from tuner.doctor.host import look_at_host
from tuner.doctor.hub_cache import look_at_hub
from tuner.doctor.import_probe import Probe, probe_imports
from tuner.doctor.installed_libraries import installed_libraries, torch_build
from tuner.doctor.model_files import model_facts
from tuner.doctor.nvidia import look_at_nvidia
from tuner.doctor.script_scan import planned_by_script, scan_script
from tuner.doctor.script_source import read_script
from tuner.doctor.signatures import installed_signatures

__all__ = ["Wanted", "look_around"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user wants to know.

    Attributes:
        model: A folder or a hub id; None: no model in particular.
        script: A training script to scan; None: none.
        checkpoints: Where checkpoints will be written.
        plan: What is planned, by the standard names.
        devices: Whether to look at the devices and the machine; to scan a script alone needs none
            of them, and then PyTorch is not imported.
    """

    model: str | None = None
    script: str | None = None
    checkpoints: Path = Path("runs")
    plan: Mapping[str, Any] = field(default_factory=dict)
    devices: bool = True


def look_around(wanted: Wanted) -> Environment:
    """Look at the libraries, at a script and, where wanted, at the machine.

    Raises:
        UsageError: The script cannot be read.
    """
    script = None if wanted.script is None else scan_script(read_script(wanted.script))
    libraries, notes = installed_libraries()
    environment = Environment(
        source=sys.prefix,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        libraries=libraries,
        torch=torch_build() if "torch" in libraries else None,
        script=script,
        signatures=installed_signatures() if script is not None else {},
        plan=_plan(wanted, script),
        model={} if wanted.model is None else model_facts(wanted.model),
        notes=(*notes, *(script.notes if script is not None else ())),
    )
    return _with_devices(environment, wanted.checkpoints) if wanted.devices else environment


def _plan(wanted: Wanted, script: TrainingScript | None) -> dict[str, Any]:
    """Return what the options say, and what the script says where they say nothing."""
    told = planned_by_script(script) if script is not None else {}
    return {**told, **wanted.plan}


def _with_devices(environment: Environment, checkpoints: Path) -> Environment:
    nvidia = look_at_nvidia()
    probe = probe_imports(environment.libraries or {})
    torch = _joined(environment.torch, probe.torch)
    return replace(
        environment,
        import_faults=probe.faults,
        torch=torch,
        accelerators=_accelerators(nvidia.gpus, probe, torch),
        driver=nvidia.driver,
        driver_cuda=nvidia.cuda,
        host=look_at_host(checkpoints),
        hub=look_at_hub(),
        notes=(*environment.notes, *nvidia.notes, *probe.notes),
    )


def _joined(built: Torch | None, tried: Torch | None) -> Torch | None:
    """Return what is known of PyTorch; its version file stands in where it cannot be asked."""
    if built is None or tried is None:
        return tried or built
    return replace(
        tried,
        cuda=built.cuda if tried.cuda is None else tried.cuda,
        hip=built.hip if tried.hip is None else tried.hip,
    )


def _accelerators(
    listed: tuple[Accelerator, ...] | None, probe: Probe, torch: Torch | None
) -> tuple[Accelerator, ...] | None:
    """Return the GPUs: those of the driver, else those of PyTorch; None: neither could tell."""
    if listed:
        return listed
    if probe.gpus:
        return probe.gpus
    if torch is not None and torch.mps:
        return (Accelerator(index=0, name="Apple GPU", kind="mps"),)
    return None if listed is None and probe.torch is None else ()
