"""Rule E208: the number of threads does not fit the processors that are granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import GPU, found
from diagnostics.subjects.environment import Environment, Host, Torch

__all__ = ["FewProcessorThreads"]

_VARIABLE = "OMP_NUM_THREADS"
_ONE = {_VARIABLE: "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FewProcessorThreads(Rule[Environment]):
    """The number of threads does not fit the processors that are granted.

    Why it matters: with OMP_NUM_THREADS=1, which some launchers set, a training on the processor
    uses one of its cores. With more threads than a container is granted processors they are
    stopped again and again, which is slower than fewer threads.

    What to change: OMP_NUM_THREADS, to the number of processors granted.

    Source: PyTorch's documentation of CPU threading; the container's limit as the kernel has it
    (cpu.max).
    """

    id: ClassVar = "E208"
    name: ClassVar = "few-processor-threads"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.host,)
    doubt: ClassVar = "Several trainings share the machine, one thread each."
    bad: ClassVar = {
        "one thread on eight processors": found(
            host=Host(cpus=8, thread_variables=_ONE), accelerators=()
        ),
        "64 threads for 4 processors": found(
            host=Host(cpus=64, cpu_quota=4.0), accelerators=(), torch=Torch(threads=64)
        ),
        "the same beside a GPU": found(
            host=Host(cpus=8, thread_variables=_ONE), accelerators=(GPU,)
        ),
    }
    good: ClassVar = {
        "as many as processors": found(host=Host(cpus=8), torch=Torch(threads=8)),
        "one thread on one processor": found(host=Host(cpus=1, thread_variables=_ONE)),
        "half of them, as hyper-threading has it": found(host=Host(cpus=8), torch=Torch(threads=4)),
        "a limit above the processors": found(host=Host(cpus=4, cpu_quota=8.0)),
    }

    excess: float = 1.5
    """How many times as many threads as granted processors count as too many. Judgement."""

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Compare threads with processors."""
        host = environment.host or Host()
        granted = _granted(host)
        if granted is None or granted < 2:
            return []
        told = host.thread_variables.get(_VARIABLE, "").strip()
        threads = environment.torch.threads if environment.torch is not None else None
        if told == "1":
            message = f"{_VARIABLE}=1 leaves {granted - 1} of {granted} processors idle."
            return [self._finding(message, environment, granted, 1)]
        threads = threads or host.cpus
        if host.cpu_quota is not None and threads is not None and threads > self.excess * granted:
            message = f"{threads} threads compete for the {granted} processors that are granted."
            return [self._finding(message, environment, granted, threads)]
        return []

    def _finding(
        self, message: str, environment: Environment, granted: int, threads: int
    ) -> Finding:
        fix = Fix(
            text=f"Set {_VARIABLE}={granted}.",
            parameter=_VARIABLE,
            old=threads,
            new=granted,
            how="one thread per processor granted",
        )
        on_processor = environment.accelerators == ()
        return self.finding(
            message,
            evidence=[
                Evidence(label="threads", value=threads),
                Evidence(label="processors", value=granted),
            ],
            fixes=[fix],
            severity=Severity.WARNING if on_processor else Severity.INFO,
        )


def _granted(host: Host) -> int | None:
    """Return how many processors may be used, at least 1; None when it is not known."""
    limits = [limit for limit in (host.cpus, host.cpu_quota) if limit is not None]
    return max(1, int(min(limits))) if limits else None
