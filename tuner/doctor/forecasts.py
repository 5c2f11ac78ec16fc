"""What a planned training will need of memory and time; torch is imported here, where it works."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnostics.errors import DiagnosticsError
from diagnostics.subjects.environment import Environment
from tuner.doctor.hub_cache import cached_snapshot
from tuner.doctor.plan_check import check_model
from tuner.doctor.planned_course import PlannedCourse, planned_course

if TYPE_CHECKING:
    from tuner.training.memory_forecast import MemoryForecast

__all__ = ["with_forecast"]

_MOST = 256
"""Batches above are not looked for: no recipe for fine-tuning goes there."""


def with_forecast(environment: Environment, data: str | None) -> Environment:
    """Return the environment with a forecast; with why there is none where none can be made.

    Args:
        environment: What was found; a model must be named.
        data: Labelled data for the length of inputs and the time of an epoch; None: none.

    Raises:
        UsageError: Optimizer or precision is not known, or what is named is no model.
        DataError: The data cannot be read.
    """
    name = str(environment.model.get("name", ""))
    check_model(name)
    folder = Path(name).expanduser() if environment.model.get("local") else cached_snapshot(name)
    reason = ""
    if folder is None:
        reason = f"{name} is not on this machine; `hf download {name}` fetches it"
    elif environment.import_faults.get("torch"):
        reason = "PyTorch cannot be imported"
    elif not (environment.version("torch") and environment.version("transformers")):
        reason = "PyTorch or transformers is missing"
    if reason or folder is None:
        return _without(environment, reason)
    from tuner.errors import ModelError

    try:
        return _forecast(environment, str(folder), data)
    except ModelError as error:
        return _without(environment, str(error))


def _without(environment: Environment, reason: str) -> Environment:
    fault = reason.rstrip(".")
    note = f"No forecast of memory: {fault}."
    return replace(environment, forecast_fault=fault, notes=(*environment.notes, note))


def _forecast(environment: Environment, folder: str, data: str | None) -> Environment:
    from tuner.training.memory_forecast import forecast_memory, largest_micro_batch

    course = planned_course(environment, folder, data)
    told: dict[str, Any] = {
        "device": course.device,
        "length": course.length,
        "precision": course.precision,
        "optimizer": course.optimizer,
        "free_bytes": course.free,
    }
    planned = environment.plan.get("batch_size")
    forecast = None
    if course.free is not None:
        most = max(_MOST, planned or 0)
        largest = largest_micro_batch(
            course.config, free_bytes=course.free, most=most, **course.arguments
        )
        forecast = largest.forecast
        told["largest_batch_size"] = largest.batch_size
        told["larger_batches_fit"] = largest.batch_size == most
    if planned is not None or forecast is None:
        forecast = forecast_memory(
            course.config, batch_size=planned or 1, accumulate=True, **course.arguments
        )
    told |= {**_described(forecast), **_time(course)}
    model = {"parameters": forecast.parameters, **environment.model}
    notes = (*environment.notes, *course.notes)
    return replace(environment, forecast=told, model=model, notes=notes)


def _described(forecast: MemoryForecast) -> dict[str, Any]:
    return {
        "batch_size": forecast.batch_size,
        "upper_bytes": forecast.upper,
        "total_bytes": forecast.total,
        "parts": dict(forecast.parts),
        "assumptions": list(forecast.assumptions),
    }


def _time(course: PlannedCourse) -> dict[str, Any]:
    """Return the time of an epoch, where data tells how long one is."""
    if course.tokens is None:
        return {}
    from tuner.training.time_forecast import forecast_epoch_time

    try:
        forecast = forecast_epoch_time(
            course.config,
            tokens=course.tokens,
            length=course.length,
            labels=course.labels,
            precision=course.precision,
            device=course.device,
        )
    except DiagnosticsError:
        return {}
    if forecast is None:
        return {}
    return {
        "epoch_seconds": forecast.seconds,
        "epoch_seconds_low": forecast.low,
        "epoch_seconds_high": forecast.high,
        "epoch_how": forecast.how,
    }
