"""An environment in tables: what is installed, what can be trained on, how much room there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from diagnostics.declared_requirements import (
    INDISPENSABLE,
    Demand,
    demands,
    known_demands,
    missing,
    unmet,
)
from diagnostics.memory_formulas import shown_bytes
from diagnostics.outdated_patterns import code_misfits
from diagnostics.report._table import Table
from diagnostics.script_misfits import Misfit, misfits_by_place
from diagnostics.subjects.environment import Accelerator, Environment, Host, Hub
from diagnostics.version_ranges import tightest

__all__ = ["device_table", "forecast_table", "library_table", "machine_table", "script_table"]

_SHOWN = (
    *INDISPENSABLE,
    *("tokenizers", "datasets", "safetensors", "huggingface-hub", "numpy", "optuna"),
)
"""Libraries that are shown even when all is well with them."""
_MOST_LINES = 40
"""Lines of a script that are shown."""


def library_table(environment: Environment) -> Table | None:
    """Return the libraries of trainings, and every other one that something is wrong with."""
    if environment.libraries is None:
        return None
    wanted = {d.other: d for d in (*known_demands(environment), *unmet(environment))}
    faults = [name for name, fault in environment.import_faults.items() if fault]
    gone = missing(environment)
    names = [name for name in _SHOWN if environment.version(name) or name in gone]
    names += [name for name in (*wanted, *faults) if environment.version(name)]
    rows = tuple(
        (name, environment.version(name) or "-", _state(name, environment, wanted))
        for name in dict.fromkeys(names)
    )
    return Table(
        head=("Library", "Version", "State"),
        rows=rows,
        rest=_rest(
            environment, len([row for row in rows if row[1] != "-"]), set(gone) - set(names)
        ),
    )


def _state(name: str, environment: Environment, wanted: Mapping[str, Demand]) -> str:
    if environment.version(name) is None:
        return "missing"
    if (demand := wanted.get(name)) is not None:
        return f"{demand.library} wants {tightest([demand.wanted])}"
    return "cannot be imported" if environment.import_faults.get(name) else "fine"


def _rest(environment: Environment, shown: int, gone: AbstractSet[str]) -> str:
    """Return how many libraries are not shown, and which further ones are missing."""
    others = len(environment.libraries or {}) - shown
    told = []
    if others:
        noun = "library" if others == 1 else "libraries"
        asked = len(demands(environment))
        told.append(f"and {others} more {noun}; {asked} requirements were compared")
    if gone:
        told.append(f"missing as well: {', '.join(sorted(gone))}")
    return "; ".join(told)


def device_table(environment: Environment) -> Table | None:
    """Return the GPUs, or the processor where there is none."""
    if environment.accelerators is None:
        return None
    head = ("Device", "Memory", "Used by others", "Capability", "bf16", "State")
    rows = [_gpu_row(gpu, environment) for gpu in environment.accelerators]
    if not rows:
        threads = environment.torch.threads if environment.torch is not None else None
        plural = "" if threads == 1 else "s"
        name = f"processor ({threads} thread{plural})" if threads else "processor"
        return Table(head=("Device", "State"), rows=((name, "trains, for there is no GPU"),))
    driver = ""
    if environment.driver:
        serves = f", for CUDA {environment.driver_cuda}" if environment.driver_cuda else ""
        driver = f"NVIDIA driver {environment.driver}{serves}"
    return Table(head=head, rows=tuple(rows), rest=driver)


def _gpu_row(gpu: Accelerator, environment: Environment) -> tuple[str, ...]:
    available = environment.torch.available if environment.torch is not None else None
    state = "fine"
    if not gpu.visible:
        state = "hidden"
    elif available is False and gpu.kind == "cuda":
        state = "not found by PyTorch"
    return (
        f"GPU {gpu.index} {gpu.name}",
        _size(gpu.total_bytes),
        _size(gpu.used_bytes),
        "-" if gpu.capability is None else f"{gpu.capability[0]}.{gpu.capability[1]}",
        {True: "yes", False: "no", None: "-"}[gpu.bf16],
        state,
    )


def _size(count: int | None) -> str:
    return "-" if count is None else shown_bytes(count)


def machine_table(environment: Environment) -> Table | None:
    """Return processors, memory, disk and cache."""
    rows: list[tuple[str, str, str]] = []
    if environment.host is not None:
        rows += _host_rows(environment.host)
    if environment.hub is not None:
        rows += _hub_rows(environment.hub)
    return Table(head=("Machine", "", ""), rows=tuple(rows)) if rows else None


def _host_rows(host: Host) -> Iterator[tuple[str, str, str]]:
    if host.cpus is not None:
        quota = "" if host.cpu_quota is None else f"{host.cpu_quota:g} granted by the container"
        told = ", ".join(f"{name}={value}" for name, value in host.thread_variables.items())
        yield "processors", str(host.cpus), quota or told
    if host.memory_total is not None:
        free = "" if host.memory_available is None else f"{_size(host.memory_available)} available"
        yield "main memory", _size(host.memory_total), free
    if host.shared_memory is not None:
        yield "shared memory", _size(host.shared_memory), "/dev/shm"
    if host.disk_free is not None:
        yield "free disk", _size(host.disk_free), host.disk_folder


def _hub_rows(hub: Hub) -> Iterator[tuple[str, str, str]]:
    count = None if hub.models is None else len(hub.models)
    models = "" if count is None else f"{count} model{'s' * (count != 1)} in "
    yield "hub cache", _size(hub.size), f"{models}{hub.folder}"
    if hub.offline:
        yield "downloads", "forbidden", ", ".join(hub.offline)


def forecast_table(environment: Environment) -> Table | None:
    """Return what the planned training will need, where it was forecast."""
    told = environment.forecast
    if not told:
        return None
    rows = [
        (f"batch of {told['batch_size']}", _size(told["upper_bytes"]), "at most"),
        ("inputs", f"{told['length']} sub-tokens", f"{told['precision']}, {told['optimizer']}"),
    ]
    free, largest = told.get("free_bytes"), told.get("largest_batch_size")
    if free is not None:
        rows.insert(1, ("free", _size(free), str(told["device"])))
    if largest is not None:
        more = " or more" if told.get("larger_batches_fit") else ""
        rows.append(("largest batch", f"{largest}{more}", "goes through the model at once"))
    if (seconds := told.get("epoch_seconds")) is not None:
        low, high = told["epoch_seconds_low"], told["epoch_seconds_high"]
        rows.append(("an epoch", _span(seconds), f"{_span(low)} to {_span(high)}"))
    return Table(head=("Forecast", "", ""), rows=tuple(rows))


def _span(seconds: float) -> str:
    """Return a time in the unit that a person would use."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def script_table(environment: Environment) -> Table | None:
    """Return the lines of the script to change, each with what to write instead."""
    rows = [
        (misfit.places[0].line or 0, misfit.written, _instead(misfit))
        for misfit in misfits_by_place(environment)
    ]
    rows += [(seen.line, seen.text, pattern.instead) for seen, pattern in code_misfits(environment)]
    shown = tuple((str(line), old, new) for line, old, new in sorted(rows)[:_MOST_LINES])
    rest = f"and {len(rows) - _MOST_LINES} more lines" if len(rows) > _MOST_LINES else ""
    head = ("Line", "In the script", "Instead")
    return Table(head=head, rows=shown, rest=rest) if shown else None


def _instead(misfit: Misfit) -> str:
    if misfit.kind == "removed":
        return f"leave out: {misfit.note}"
    return misfit.instead or misfit.note or "not known to any release"
