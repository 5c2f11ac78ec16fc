"""Forecasts of peak training memory against measured peaks, and `accelerate estimate-memory`.

Each training runs three steps in a process of its own, with random weights and random sentences of
one length. What is measured:

* `tensors`: what PyTorch's allocator had given out at most. On a CPU every allocation of the third
  step, as the profiler records it, on top of the weights and the optimizer's state; on a GPU
  `torch.cuda.max_memory_allocated`. It holds what kernels take for themselves too, so that it is no
  echo of the forecast, which sees what operators return.
* `process`: on a CPU the largest resident set (`ru_maxrss`) before the profiler starts, on a GPU
  the context and what the allocator reserved.

The forecast knows the config alone. RATIO is the forecast over the measurement. A forecast would
have said `fits` falsely if the process took more than its upper end, since it says so from that
much free memory on. `accelerate` is the figure that `accelerate estimate-memory` shows under
"Training using Adam", computed by its own functions from the same config; it knows neither batch
nor length.

`--device cuda` takes 72 trainings of a small, a base-sized and a large encoder, on a GPU that
nobody else uses. `--only TEXT` picks trainings by their name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.support.measured_peak import MeasuredPeak, measure_peak
from benchmarks.support.memory_cases import (
    MemoryCase,
    config_of,
    cpu_cases,
    cuda_cases,
    tiny_cases,
)
from benchmarks.support.processes import in_own_process
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import make_parser
from tuner.training.device import choose_device
from tuner.training.memory_forecast import MemoryForecast, forecast_memory

MEBIBYTE = 1024**2
COLUMNS = (
    "training",
    "batch x length",
    "tensors",
    "forecast",
    "ratio",
    "process",
    "forecast",
    "ratio",
    "upper end",
    "accelerate",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A training, what was forecast and what was measured."""

    case: MemoryCase
    forecast: MemoryForecast
    measured: MeasuredPeak
    accelerate: int

    @property
    def tensors_ratio(self) -> float:
        """Forecast over measurement, of the tensors."""
        return self.forecast.peak / self.measured.tensors

    @property
    def process_ratio(self) -> float:
        """Forecast over measurement, of the process."""
        return self.forecast.total / self.measured.process

    @property
    def falsely_fits(self) -> bool:
        """Whether some free memory is enough for the forecast and not for the training."""
        return self.measured.process > self.forecast.upper


def compare(case: MemoryCase, device: Any, isolated: bool) -> Comparison:
    """Forecast one training and measure it.

    Args:
        case: The training.
        device: Kind of device.
        isolated: Whether it gets a process of its own, without which `process` means nothing.
    """
    config = config_of(case)
    forecast = forecast_memory(
        config,
        batch_size=case.batch_size,
        length=case.length,
        optimizer=case.optimizer,
        precision=case.precision,
        device=device,
        gradient_checkpointing=case.gradient_checkpointing,
        accumulate=case.accumulate,
    )
    measured = (
        in_own_process(measure_peak, case, device) if isolated else measure_peak(case, device)
    )
    return Comparison(
        case=case,
        forecast=forecast,
        measured=measured,
        accelerate=estimate_of_accelerate(config, case.precision),
    )


def estimate_of_accelerate(config: Any, precision: str) -> int:
    """Return what `accelerate estimate-memory` shows for training, as its command computes it.

    The command itself asks the model hub first; this is what it does then (`gather_data` and
    `estimate_command` in `accelerate/commands/estimate.py`).
    """
    import torch
    from accelerate import init_empty_weights
    from accelerate.commands.estimate import estimate_training_usage
    from accelerate.utils import calculate_maximum_sizes
    from transformers import AutoModel

    with init_empty_weights():
        model = AutoModel.from_config(config, dtype=torch.float32, trust_remote_code=False)
    size, _ = calculate_maximum_sizes(model)
    usage = estimate_training_usage(size, "float32" if precision == "fp32" else "bfloat16")
    return int(max(usage.values()))


def print_report(comparisons: Sequence[Comparison]) -> None:
    """Print the trainings and how far the forecasts were off."""
    title = "Peak memory in MiB, measured and forecast; ratio: forecast / measured"
    print_table(title, COLUMNS, [_row(each) for each in comparisons])
    finished = [each for each in comparisons if not each.measured.ran_out]
    print_errors("of the tensors", finished, lambda each: each.tensors_ratio)
    print_errors("of the process", finished, lambda each: each.process_ratio)
    print_errors(
        "of accelerate estimate-memory, of the tensors",
        finished,
        lambda each: each.accelerate / each.measured.tensors,
    )
    false = [each for each in comparisons if each.falsely_fits]
    print(f"Forecasts that would have said `fits` falsely: {len(false)} of {len(comparisons)}")


def print_errors(
    what: str, comparisons: Sequence[Comparison], ratio: Callable[[Comparison], float]
) -> None:
    """Print the median and the largest deviation of a ratio from 1."""
    errors = [abs(ratio(each) - 1) for each in comparisons]
    if errors:
        print(f"RATIO {what}: off by {median(errors):.2%} (median), {max(errors):.1%} (worst)")


def _row(each: Comparison) -> tuple[str, ...]:
    case, forecast, measured = each.case, each.forecast, each.measured
    sizes = (measured.tensors, forecast.peak, measured.process, forecast.total)
    shown = [f"{size / MEBIBYTE:,.0f}" for size in sizes]
    return (
        f"{case.name}, {case.precision}" + (" (ran out)" if measured.ran_out else ""),
        f"{case.batch_size} x {case.length}",
        *shown[:2],
        f"{each.tensors_ratio:.3f}",
        *shown[2:],
        f"{each.process_ratio:.3f}",
        f"{forecast.upper / MEBIBYTE:,.0f}",
        f"{each.accelerate / MEBIBYTE:,.0f}",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Forecast, measure, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/memory_forecast.json")
    parser.add_argument("--only", metavar="TEXT", help="trainings whose name contains this")
    options = parser.parse_args(arguments)
    # For the processes to come: one thread, and no word from the profiler.
    os.environ.update(OMP_NUM_THREADS="1", KINETO_LOG_LEVEL="99")
    start = environment()
    device = choose_device(options.device).kind
    cases = tiny_cases() if options.tiny else cuda_cases() if device == "cuda" else cpu_cases()
    comparisons: list[Comparison] = []
    for case in cases:
        if options.only is None or options.only.lower() in case.name.lower():
            comparisons.append(compare(case, device, isolated=not options.tiny))
            print(" | ".join(_row(comparisons[-1])), flush=True)
    print_report(comparisons)
    write_figures(options.output, start, comparisons=[_plain(each) for each in comparisons])


def _plain(each: Comparison) -> dict[str, Any]:
    forecast = each.forecast
    return {
        "case": asdict(each.case),
        "peak": forecast.peak,
        "total": forecast.total,
        "upper": forecast.upper,
        "parts": dict(forecast.parts),
        "measured": asdict(each.measured),
        "accelerate": each.accelerate,
    }


if __name__ == "__main__":
    main()
