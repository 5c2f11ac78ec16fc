"""The interface of diagnosing runs: finds a log, reads it, and judges it as the user wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import shared_listings
from diagnostics.judgement import (
    Checkup,
    Judgement,
    SwitchedOff,
    check_up,
    joined,
    judged_only,
    run_rules,
)
from diagnostics.log_finder import FoundLog, find_logs, find_runs, readers
from diagnostics.neutral_advice import without_the_trainer
from diagnostics.rule import Rule
from diagnostics.rule_choice import chosen_rules
from diagnostics.settings import Settings
from diagnostics.subjects.dataset import Dataset
from diagnostics.subjects.run_history import RunHistory
from diagnostics.training_library import has_another_library, with_reader
from diagnostics.user_facts import with_dataset, with_metric, with_train_size

__all__ = [
    "Checkup",
    "Examination",
    "FoundLog",
    "Judgement",
    "SwitchedOff",
    "check_up",
    "diagnose",
    "examination",
    "find_logs",
    "find_runs",
    "readers",
    "run_rules",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """How runs are judged: by which rules, and with what the user knows better than their logs.

    Attributes:
        rules: The rules to ask, by identifier.
        switched_off: Rules that are not asked because the user switched them off.
        train_size: Number of training sentences; None leaves what the log tells.
        metric: Metric that decides which epoch is best; None leaves what was read.
        data: What was found in the data that the runs were trained on; None: it was not looked at.
    """

    rules: tuple[Rule[RunHistory], ...]
    switched_off: tuple[SwitchedOff[RunHistory], ...] = ()
    train_size: int | None = None
    metric: str | None = None
    data: Checkup[Dataset] | None = None

    def judge(self, run: RunHistory, *, reader: str = "") -> Checkup[RunHistory]:
        """Judge a history that has been read.

        Raises:
            DiagnosticsError: The run did not log the metric asked for.
        """
        if self.train_size is not None:
            run = with_train_size(run, self.train_size)
        if self.metric is not None:
            run = with_metric(run, self.metric)
        if self.data is not None:
            run = with_dataset(run, self.data.subject)
        run = with_reader(run, reader)
        checkup = check_up(run, self.rules)
        if self.data is not None:
            checkup = joined(checkup, judged_only(self.data))
        if has_another_library(run):
            checkup = replace(checkup, findings=without_the_trainer(checkup.findings))
        return replace(checkup, reader=reader, switched_off=self.switched_off)

    def judge_logs(self, logs: Sequence[FoundLog]) -> Checkup[RunHistory]:
        """Judge the run that several logs tell of by the first of them that can be read.

        Raises:
            DiagnosticsError: None of them can be read, or the run did not log the metric asked for.
        """
        chosen, run = _read_first(logs)
        checkup = self.judge(run, reader=chosen.reader.name)
        others = tuple(dict.fromkeys(log.path for log in logs if log.path != chosen.path))
        return replace(checkup, others=others)


def _read_first(logs: Sequence[FoundLog]) -> tuple[FoundLog, RunHistory]:
    """Read the first log that can be read; what was passed over is said in the notes."""
    failures: list[DiagnosticsError] = []
    for log in logs:
        try:
            with shared_listings():
                run = log.reader.read(log.path)
        except DiagnosticsError as error:
            failures.append(error)
            continue
        except Exception as error:  # noqa: BLE001 - whatever a stranger's file does to a reader
            failures.append(_tripped(log, error))
            continue
        passed_over = tuple(failure.message for failure in failures)
        return log, replace(run, notes=(*run.notes, *passed_over))
    raise failures[0]


def _tripped(log: FoundLog, error: Exception) -> DiagnosticsError:
    fault = DiagnosticsError(
        f"`{log.path}` cannot be read as {log.reader.name}: {type(error).__name__}: {error}.",
        "That is a bug in the reader; please report it with the file.",
    )
    fault.__cause__ = error  # for --debug
    return fault


def examination(
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] | Mapping[str, str] = (),
    train_size: int | None = None,
    metric: str | None = None,
    preview: bool = False,
    settings: Settings | None = None,
) -> Examination:
    """Return how to judge, from options and the settings of a project.

    Options come before settings; what either of them ignores is ignored.

    Args:
        select: Identifiers, names or beginnings of them; only these rules are asked.
        ignore: The same for rules that are not asked; a mapping gives the reason of each.
        train_size: Number of training sentences, in place of what the log tells.
        metric: Metric that decides which epoch is best, in place of what was read.
        preview: Ask rules that are still being tried out, too.
        settings: What a project's file says; None is no file.

    Raises:
        DiagnosticsError: A rule is unknown, or none is left to ask.
    """
    told = settings or Settings()
    rules, switched_off = chosen_rules(
        run_rules(), select=select, ignore=ignore, preview=preview, settings=told
    )
    return Examination(
        rules=rules,
        switched_off=switched_off,
        train_size=train_size,
        metric=told.metric if metric is None else metric,
    )


def diagnose(
    path: str | Path,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] | Mapping[str, str] = (),
    train_size: int | None = None,
    metric: str | None = None,
    preview: bool = False,
    settings: Settings | None = None,
) -> Checkup[RunHistory]:
    """Read the training log at a path and judge it by the rules about runs.

    Args:
        path: A run directory, a study folder (its winner is judged) or a log file.
        select: Identifiers, names or beginnings of them; only these rules are asked.
        ignore: The same for rules that are not asked; a mapping gives the reason of each.
        train_size: Number of training sentences, in place of what the log tells.
        metric: Metric that decides which epoch is best, in place of what was read.
        preview: Ask rules that are still being tried out, too.
        settings: What a project's file says, from `diagnostics.settings.find_settings`; None is no
            file: the working directory is never looked at unasked.

    Returns:
        The findings, what could not be judged and why, and the history itself.

    Raises:
        DiagnosticsError: The path does not exist, no log in it can be read, a rule is unknown, or
            the run did not log the metric.
    """
    how = examination(
        select=select,
        ignore=ignore,
        train_size=train_size,
        metric=metric,
        preview=preview,
        settings=settings,
    )
    return how.judge_logs(find_logs(Path(path)))
