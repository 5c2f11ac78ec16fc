"""What a person reads before the first trial: data, space with its reasons, cost, remarks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tuner.display.canvas import Canvas
from tuner.display.settings import further_settings, setting_label
from tuner.display.text import byte_size, count, duration, learning_rate, safe_text
from tuner.study_quote import StudyQuote, rough_time
from tuner.study_view import StudyPlan
from tuner.train_view import RunFacts
from tuner.trial import TrialSpec

__all__ = [
    "bullets",
    "facts_table",
    "plan_view",
    "quote_text",
    "run_view",
    "section",
    "short_settings",
]

MOST_START_POINTS = 4
EARLY_END = "when what is left to gain is below the noise of a score (--stop-when-flat)"
MIB, GIB = 2**20, 2**30


def plan_view(plan: StudyPlan, canvas: Canvas) -> RenderableType:
    """Return the plan of a study, as shown before its first trial."""
    parts: list[RenderableType] = [
        section(f"Study {plan.name}", canvas),
        facts_table(
            [
                ("Folder", str(plan.directory)),
                ("Data", "\n".join(plan.data_facts)),
                ("Model", plan.model),
                ("Device", plan.device),
                ("Engine", plan.engine),
                ("Plan", _plan_line(plan, canvas)),
                ("Early end", EARLY_END if plan.ends_early else ""),
                ("Artifacts", f"also kept in {plan.artifacts}" if plan.artifacts else ""),
                ("Quote", "" if plan.quote is None else quote_text(plan.quote, plan.elapsed)),
                ("Cost", _cost(plan)),
            ]
        ),
    ]
    if plan.space_lines:
        parts += [Text(), _settings_table("Searched", "Range", plan.space_lines)]
    if plan.fixed_lines:
        parts += [Text(), _settings_table("Fixed", "Value", plan.fixed_lines)]
    if plan.start_points and plan.done < len(plan.start_points):
        parts += [Text(), _start_points(plan, canvas)]
    if plan.notes:
        parts += [Text(), bullets(plan.notes, canvas.symbols.bullet, "cyan")]
    return Group(*parts, Text())


def run_view(run: RunFacts, canvas: Canvas) -> RenderableType:
    """Return the facts of a single training, as shown before its first epoch."""
    size = count(run.train_sentences, "training sentence")
    steps = f"{count(run.steps_per_epoch, 'step')} per epoch"
    facts = facts_table(
        [
            ("Folder", str(run.directory)),
            ("Data", "\n".join(run.data_facts)),
            ("Model", run.model),
            ("Device", run.device),
            ("Settings", short_settings(run.spec)),
            ("Further", ", ".join(f"{name} {value}" for name, value in further_settings(run.spec))),
            ("Size", f"{size}, {steps}"),
        ]
    )
    notes = [bullets(run.notes, canvas.symbols.bullet, "cyan")] if run.notes else []
    return Group(section(f"Training {run.name}", canvas), facts, *notes, Text())


def section(title: str, canvas: Canvas) -> Text:
    """Return a heading with a line to the right edge."""
    heading = safe_text(title, "bold")
    heading.truncate(canvas.width - 4, overflow="ellipsis")
    line = canvas.symbols.bar_rest * max(canvas.width - heading.cell_len - 1, 0)
    return Text.assemble(heading, " ", (line, "bright_black"))


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """Return (name, value) pairs in two columns; pairs without a value are left out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        if value:
            table.add_row(Text(name), safe_text(value, keep_newlines=True))
    return table


def bullets(sentences: Sequence[str], sign: str, style: str) -> Table:
    """Return sentences, each with a sign before it, wrapped to the right of the sign."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for sentence in sentences:
        table.add_row(Text(sign, style=style), safe_text(sentence))
    return table


def short_settings(spec: TrialSpec) -> str:
    """Return the three settings that matter most, in words."""
    return (
        f"learning rate {learning_rate(spec.learning_rate)}, batch size {spec.batch_size}, "
        f"{count(spec.epochs, 'epoch')}"
    )


def _plan_line(plan: StudyPlan, canvas: Canvas) -> str:
    parts = [count(plan.trials, "trial")]
    if plan.done:
        parts.append(f"{plan.done} of them done already")
    if plan.time_budget is not None:
        parts.append(f"at most {duration(plan.time_budget)}")
    if plan.confirm:
        parts.append(f"then {count(plan.confirm, 'more seed')} for the best")
    return ", ".join(parts)


def quote_text(quote: StudyQuote, elapsed: float = 0.0) -> str:
    """Return a quote in words: time with its range, disk, memory, and what of it is spent."""
    parts = [_quoted_time(quote), f"{byte_size(quote.disk_bytes)} disk"]
    if quote.memory_bytes is not None:
        parts.append(f"needs {_memory(quote.memory_bytes, quote.memory_available)}")
    lines = ["; ".join(parts)]
    if elapsed:
        lines.append(f"Said at its first start; {rough_time(elapsed)} are spent.")
    return "\n".join([*lines, *filter(None, (quote.untimed, quote.void))])


def _memory(needed: int, available: int | None) -> str:
    """Return `5.2 of 16 GiB`, or `96 MiB of 16 GiB` below a tenth of a GiB."""
    whole = f" of {available / GIB:.0f}" if available else ""
    if needed >= GIB / 10:
        return f"{needed / GIB:.1f}{whole} GiB"
    return f"{max(round(needed / MIB), 1)} MiB" + (f"{whole} GiB" if whole else "")


def _quoted_time(quote: StudyQuote) -> str:
    trials = count(quote.trials, "trial")
    if quote.seconds is None:
        return trials
    text = f"{trials}: {rough_time(quote.seconds)}"
    if quote.time_budget is not None and quote.seconds >= quote.time_budget:
        text += " (the time budget)"
    elif quote.low is not None and quote.high is not None:
        text += f" ({rough_time(quote.low)} to {rough_time(quote.high)})"
    pruned = quote.seconds_pruned
    if pruned is not None and pruned < quote.seconds:
        text += f", with pruning about {rough_time(pruned)}"
    return text


def _cost(plan: StudyPlan) -> str:
    """Return what the quote does not tell, or everything where nothing is quoted."""
    estimate, parts = plan.estimate, []
    if estimate is None:
        return ""
    if estimate.seconds is not None and plan.quote is None:
        parts.append(f"about {duration(estimate.seconds)} without pruning")
    if estimate.seconds_per_epoch is not None:
        parts.append(f"{duration(estimate.seconds_per_epoch)} per epoch")
    if plan.quote is None:
        parts.append(f"{byte_size(estimate.disk_bytes)} of disk")
        if estimate.memory_bytes is not None:
            parts.append(f"{byte_size(estimate.memory_bytes)} of memory")
    told = [", ".join(parts)] if parts else []
    return "\n".join([*told, *([estimate.how] if estimate.how else [])])


def _settings_table(title: str, second: str, lines: Sequence[tuple[str, str, str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(title, no_wrap=True, style="cyan")
    table.add_column(second, overflow="fold")
    table.add_column("Why", style="dim", overflow="fold")
    for name, value, reason in lines:
        table.add_row(safe_text(setting_label(name)), safe_text(value), safe_text(reason))
    return table


def _start_points(plan: StudyPlan, canvas: Canvas) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="dim")
    table.add_column(overflow="fold")
    shown = plan.start_points[:MOST_START_POINTS]
    sources = plan.start_sources or ("",) * len(shown)
    for number, (spec, source) in enumerate(zip(shown, sources, strict=False)):
        origin = " (the recipe)" if number == 0 else f" (won the study {source})" if source else ""
        table.add_row(Text(f"trial {number}"), safe_text(short_settings(spec) + origin))
    hidden = len(plan.start_points) - MOST_START_POINTS
    if hidden > 0:
        table.add_row(Text(canvas.symbols.ellipsis), Text(f"{hidden} more", style="dim"))
    return Group(Text("Tried first", style="bold"), table)
