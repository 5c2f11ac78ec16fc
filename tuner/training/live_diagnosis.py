"""Judges a training while it goes on, and stops one that cannot recover."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from diagnostics import series
from diagnostics.checkup import Checkup, examination
from diagnostics.findings import Finding, Severity
from diagnostics.live_history import history_of_log
from diagnostics.report.terminal import render_findings
from diagnostics.subjects.run_history import RunHistory

__all__ = ["DiagnosisCallback"]

HOPELESS: Mapping[str, float] = {"non-finite-loss": 0.0, "all-o-collapse": 0.75}
"""Errors from which no run recovers, each with the share of its plan from which on that is sure:
weights that are NaN stay NaN, but F1 = 0 in the first half may be a slow start."""


class DiagnosisCallback(TrainerCallback):
    """Judges a run of the Hugging Face Trainer after each evaluation, by all rules about runs.

    What is found for the first time is printed; nothing is printed twice. Works in any Trainer:

    ```python
    Trainer(..., callbacks=[tuner.DiagnosisCallback(stop=True)])
    ```

    Args:
        stop: End a run that cannot recover: its loss is not finite, or it still predicts O
            everywhere late in its plan.
        select: Identifiers, names or beginnings of them; only these rules are asked.
        ignore: The same for rules that are not asked.
        stream: Where findings are printed; None is standard output.

    Attributes:
        checkup: The latest verdict; None before the first evaluation.
        stopped_because: Why the run was ended; None when it was not.

    Raises:
        DiagnosticsError: A rule is unknown.
    """

    def __init__(
        self,
        *,
        stop: bool = False,
        select: Iterable[str] = (),
        ignore: Iterable[str] | Mapping[str, str] = (),
        stream: TextIO | None = None,
    ) -> None:
        self.checkup: Checkup[RunHistory] | None = None
        self.stopped_because: str | None = None
        self._stop = stop
        self._examination = examination(select=select, ignore=ignore)
        self._stream = stream
        self._told: set[tuple[str, Severity]] = set()

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **further: Any,
    ) -> TrainerControl:
        """Judge what has been logged so far; a fault of the judging never costs the training."""
        try:
            run = history_of_log(
                state.log_history,
                arguments=args.to_dict(),
                max_steps=state.max_steps,
                best_metric=state.best_metric,
                train_sentences=_size(further.get("train_dataloader")),
                source=str(args.output_dir),
            )
            self.checkup = self._examination.judge(run, reader="live")
        except Exception as error:  # noqa: BLE001 - hours of training are worth more than a verdict
            self._write(state, f"The run could not be judged: {type(error).__name__}: {error}\n")
            return control
        self._tell(state, self.checkup.findings)
        self._stop_if_hopeless(state, control, self.checkup)
        return control

    def _tell(self, state: TrainerState, findings: Sequence[Finding]) -> None:
        """Print what was not known after the evaluation before."""
        new = [found for found in findings if (found.rule, found.severity) not in self._told]
        self._told |= {(found.rule, found.severity) for found in new}
        if new:
            head = f"Diagnosis at epoch {state.epoch or 0:.4g}, step {state.global_step}"
            self._write(state, f"\n{head}\n{render_findings(new)}")

    def _stop_if_hopeless(
        self, state: TrainerState, control: TrainerControl, checkup: Checkup[RunHistory]
    ) -> None:
        share = series.plan_share(checkup.subject) or 0.0
        for found in checkup.findings:
            sure_from = HOPELESS.get(found.name)
            grave = found.severity is Severity.ERROR
            if self._stop and grave and sure_from is not None and share >= sure_from:
                control.should_training_stop = True
                if self.stopped_because is None:
                    self.stopped_because = f"{found.rule} {found.name}: {found.message}"
                    self._write(state, f"The run is stopped: {self.stopped_because}\n")

    def _write(self, state: TrainerState, text: str) -> None:
        """Print from one process only, however many train."""
        if state.is_world_process_zero:
            stream = sys.stdout if self._stream is None else self._stream
            stream.write(text)
            stream.flush()


def _size(dataloader: Any) -> int | None:
    """Return the number of training sentences; None for a stream without a length."""
    try:
        return len(dataloader.dataset)
    except (AttributeError, TypeError):
        return None
