"""Rule R702: an argument that the installed version does not know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.renamed_arguments import CHECKED_AGAINST, RENAMED
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import failures
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["UnknownArgument"]

_NAME = re.compile(r"[A-Za-z_][\w-]{0,60}")
_STANDARD = {
    "per_gpu_train_batch_size": "batch_size",
    "per_gpu_eval_batch_size": "eval_batch_size",
    "evaluation_strategy": "eval_strategy",
}
"""Name of an argument to the name under which its value is kept in `RunHistory.config`."""


def _refused(argument: str) -> RunEvent:
    return RunEvent(
        kind="unknown-argument",
        message="TypeError: TrainingArguments.__init__() got an unexpected keyword argument "
        f"'{argument}'",
        details={"argument": argument, "callable": "TrainingArguments.__init__"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownArgument(Rule[RunHistory]):
    """The script passes an argument that the installed library does not know.

    Why it matters: the run dies before its first step. As a rule the script was written for another
    version, in which the argument had this name.

    What to change: the new name, from a table of what was renamed and removed; or the version of
    the library that the script was written for.

    Source: the `TypeError` itself; the table was checked against the arguments of Transformers
    5.23.
    """

    id: ClassVar = "R702"
    name: ClassVar = "unknown-argument"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R203", "R506")
    doubt: ClassVar = "The argument belongs to a class of one's own that wraps the library's."
    bad: ClassVar = {
        "renamed": run_example(events=[_refused("evaluation_strategy")]),
        "renamed, and its value is known": run_example(
            events=[_refused("warmup_ratio")], warmup_ratio=0.06
        ),
        "newer than the library": run_example(events=[_refused("eval_strategy")]),
        "tried once, then the run went on": run_example(
            f1=(0.5, 0.6), events=[_refused("no_cuda")]
        ),
    }
    good: ClassVar = {
        "another error": run_example(
            events=[RunEvent(kind="error", message="ValueError: Expected input batch_size (8).")]
        ),
        "no events": run_example(f1=(0.5, 0.6), warmup_ratio=0.1),
    }

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for recorded events."""
        events = {
            str(event.details.get("argument")): event
            for event in failures.events_of(run, "unknown-argument")
        }
        return [self._of_event(run, argument, event) for argument, event in events.items()]

    def _of_event(self, run: RunHistory, argument: str, event: RunEvent) -> Finding:
        after, severity = failures.aftermath(run, event)
        return self.finding(
            f"{failures.sentence(event.message)}{after}",
            evidence=[Evidence(label="unknown argument", value=argument)],
            fixes=_fixes(run, argument),
            severity=severity,
        )


def _fixes(run: RunHistory, argument: str) -> list[Fix]:
    renamed = RENAMED.get(argument)
    if renamed is None:
        return _unknown(run, argument)
    if not renamed.new:
        return [Fix(text=f"Leave out {argument}: {renamed.note}.")]
    recorded = run.config.get(_STANDARD.get(argument, argument)) if renamed.keeps_value else None
    value = recorded if isinstance(recorded, bool | int | float | str) else renamed.value
    since = renamed.note or f"the old name is gone in Transformers {CHECKED_AGAINST}"
    return [
        Fix(
            text=f"Write {renamed.new} instead of {argument}.",
            parameter=renamed.new,
            new=value,
            how=since,
        )
    ]


def _unknown(run: RunHistory, argument: str) -> list[Fix]:
    """Return what to do about an argument that is not in the table, as far as it is a name."""
    shown = argument if _NAME.fullmatch(argument) else "the argument"
    older = {entry.new: old for old, entry in RENAMED.items() if entry.new and entry.keeps_value}
    newer = Fix(
        text=f"Update the library ({shown} is newer than it): pip install -U transformers.",
        parameter="transformers",
        new=f">={CHECKED_AGAINST}",
        how="the newest version for which the table was checked",
    )
    if argument in older:
        return [newer, Fix(text=f"Or write {older[argument]}, its former name.")]
    return [Fix(text=f"Look {shown} up in the library's documentation, or leave it out.")]
