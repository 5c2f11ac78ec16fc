"""The same trainings on a number of workers: trials per hour, and what they take meanwhile."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.support.gpu_watch import GpuWatch
from tuner.engine import EpochDone, Job, JobEnded, JobRestarted, Verdict
from tuner.engine_recipe import EngineRecipe, EngineRequest
from tuner.engines.scripted import ScriptedEngine
from tuner.engines.workers import WorkersEngine, open_engine
from tuner.trial import TrialSpec, TrialState

__all__ = ["Throughput", "flat", "throughput"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """What a number of workers got done.

    Attributes:
        arm: What was trained.
        workers: Workers side by side.
        trials: Trainings timed.
        seconds: Wall time from the first start to the last end, all workers being ready.
        ready_seconds: Wall time before, in which workers start and each trains once.
        utilisation: Share of the time in which the GPU ran a kernel; None without a GPU.
        bytes_per_worker: Most memory per worker: of the GPU, else resident; None if unknown.
    """

    arm: str
    workers: int
    trials: int
    seconds: float
    ready_seconds: float
    utilisation: float | None = None
    bytes_per_worker: int | None = None

    @property
    def per_hour(self) -> float:
        """Trials per hour."""
        return 3600 * self.trials / self.seconds


def flat(spec: TrialSpec) -> list[float]:
    """A curve for scripted trainings."""
    return [0.5] * spec.epochs


def throughput(
    arm: str,
    recipe: EngineRecipe,
    spec: TrialSpec,
    *,
    workers: int,
    trials: int,
    device: str,
) -> Throughput:
    """Train on workers that share a device.

    Args:
        arm: Name of what is trained.
        recipe: Makes the engine of each worker; its functions can be imported.
        spec: Settings of every training; the seeds differ.
        workers: Workers side by side.
        trials: Trainings to time.
        device: The device.
    """
    index = int(device.partition(":")[2] or 0) if device.startswith("cuda") else None
    with tempfile.TemporaryDirectory() as scratch:
        request = EngineRequest(
            recipe=recipe,
            here=ScriptedEngine(flat),
            folder=Path(scratch),
            devices=(device,),
            per_device=workers,
        )
        engine = open_engine(request)
        assert isinstance(engine, WorkersEngine)
        jobs = _jobs(spec, Path(scratch))
        with closing(engine), GpuWatch(index) as warm:
            began = time.perf_counter()
            _train(engine, [replace(next(jobs), resume=False) for _ in range(workers)])
            ready = time.perf_counter()
            with GpuWatch(index) as watch:
                _train(engine, [next(jobs) for _ in range(trials)])
            ended = time.perf_counter()
            resident = _largest_resident(engine.processes) if index is None else None
    taken = warm.most_bytes // workers if warm.most_bytes is not None else resident
    return Throughput(
        arm=arm,
        workers=workers,
        trials=trials,
        seconds=ended - ready,
        ready_seconds=ready - began,
        utilisation=watch.utilisation,
        bytes_per_worker=taken,
    )


def _jobs(spec: TrialSpec, folder: Path) -> Iterator[Job]:
    number = 0
    while True:
        key = f"{number:04}"
        (folder / key).mkdir()
        yield Job(
            key=key,
            spec=replace(spec, seed=number),
            directory=folder / key,
            keep_above=1.0,  # nothing is saved: what is timed is training
        )
        number += 1


def _train(engine: WorkersEngine, jobs: Sequence[Job]) -> None:
    waiting, running = list(jobs), 0
    while waiting or running:
        while waiting and running < engine.slots:
            engine.start(waiting.pop(0))
            running += 1
        match engine.next_message(1.0):
            case EpochDone(key=key):
                engine.answer(key, Verdict())
            case JobRestarted(reason=reason):
                raise SystemExit(f"A worker was lost: {reason}")
            case JobEnded(outcome=outcome):
                running -= 1
                if outcome.state is not TrialState.FINISHED:
                    raise SystemExit(f"A training {outcome.state}: {outcome.reason}")


def _largest_resident(processes: Sequence[int]) -> int | None:
    """Return the most memory that a worker ever had resident (Linux); None if unknown."""
    most = [_high_water(process) for process in processes]
    return max((one for one in most if one is not None), default=None)


def _high_water(process: int) -> int | None:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    amounts = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(amounts[0]) * 1024 if amounts else None
