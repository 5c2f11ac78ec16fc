"""The arms of a comparison of speed: one training in our engine, and in transformers' Trainer."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

from benchmarks.support.plain_trainer import EpochScores, plain_arguments, plain_trainer
from benchmarks.support.setting import open_material
from benchmarks.support.timing import Plan, Stopwatch, Timing
from tuner.engine import EpochDone, Job, JobEnded, Verdict
from tuner.engines.in_process import InProcessEngine, open_workbench
from tuner.trial import EpochReport, TrialState

__all__ = ["time_grouped_trainer", "time_trainer", "time_tuner"]

NEVER_SAVE = 2.0
"""`keep_above` that no F1 reaches: no arm writes a model."""


def time_tuner(plan: Plan) -> Timing:
    """Time a training in our in-process engine."""
    material = open_material(plan.setting, plan.spec.seed)
    bench = open_workbench(
        material.data,
        material.source,
        material.device,
        max_length=plan.setting.max_length,
        checkpoint_every=math.inf,
    )
    engine = InProcessEngine(bench, material.data)
    with tempfile.TemporaryDirectory() as folder:
        job = Job(key="speed", spec=plan.spec, directory=Path(folder), keep_above=NEVER_SAVE)
        watch = Stopwatch()
        engine.start(job)
        reports = _follow(engine)
        seconds, processor = watch.read()
    engine.close()
    return Timing(
        seconds=seconds,
        processor_seconds=processor,
        epochs=len(reports),
        tokens=sum(report.tokens for report in reports),
        padded_tokens=sum(report.padded_tokens for report in reports),
        f1s=tuple(report.scores.f1 for report in reports),
    )


def _follow(engine: InProcessEngine) -> list[EpochReport]:
    reports: list[EpochReport] = []
    while True:
        match engine.next_message(1.0):
            case EpochDone(key=key, report=report):
                reports.append(report)
                engine.answer(key, Verdict())
            case JobEnded(outcome=outcome):
                if outcome.state is not TrialState.FINISHED:
                    raise RuntimeError(outcome.reason)
                return reports


def time_trainer(plan: Plan, sampling: str = "random") -> Timing:
    """Time a training of the plain Trainer.

    Args:
        plan: The training.
        sampling: Its `train_sampling_strategy`.
    """
    from transformers import set_seed

    spec = plan.spec
    material = open_material(plan.setting, spec.seed)
    set_seed(spec.seed)
    scores = EpochScores()
    with tempfile.TemporaryDirectory() as folder:
        arguments = plain_arguments(
            material,
            Path(folder),
            learning_rate=spec.learning_rate,
            per_device_train_batch_size=spec.batch_size,
            per_device_eval_batch_size=plan.evaluation_batch_size,
            num_train_epochs=spec.epochs,
            warmup_steps=spec.warmup_ratio,
            weight_decay=spec.weight_decay,
            lr_scheduler_type=spec.schedule,
            seed=spec.seed,
            train_sampling_strategy=sampling,
        )
        trainer = plain_trainer(material, arguments, callbacks=[scores])
        watch = Stopwatch()
        trainer.train()
        seconds, processor = watch.read()
    return Timing(
        seconds=seconds,
        processor_seconds=processor,
        epochs=spec.epochs,
        tokens=trainer.tokens,
        padded_tokens=trainer.padded_tokens,
        f1s=tuple(scores.f1s),
    )


def time_grouped_trainer(plan: Plan) -> Timing:
    """Time a training of the Trainer that groups by length."""
    return time_trainer(plan, "group_by_length")
