"""What a model card tells of a run: its results, hyperparameters, libraries, base model, task."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnostics.readers import _markdown
from diagnostics.readers._card_columns import is_results_table
from diagnostics.readers._card_rows import row_of_items, rows_of_tables
from diagnostics.readers._documents import mapping
from diagnostics.readers._literal_mapping import number
from diagnostics.readers._training_arguments import config_of_items, versions_of_items
from diagnostics.readers._vocabulary import figure

__all__ = ["Card", "card_of"]

Row = dict[str, Any]

_FINE_TUNED = re.compile(
    r"fine-tuned version of (?:\[([^\]\n]{1,200})\]|`([^`\n]{1,200})`|([\w./-]{1,200}))"
    r"(?:\([^)\n]{0,400}\))?(?: on (?:the )?`?([^`\s\[\]()]{1,200}?)`?(?: dataset|[.\s]))?"
)
_RESULTS = ("results on the evaluation set", "## Validation Metrics")
_HYPERPARAMETERS = (
    "hyperparameters were used during training",
    "### Training hyperparameters",
    "#### All Hyperparameters",
    "#### Non-Default Hyperparameters",
)
_KIND = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+){0,5}")
_UNKNOWN = frozenset({"an", "none", "unknown", "generator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The facts of one model card.

    Attributes:
        rows: The results table in the form of a Trainer's log, or the one row of the list of
            results.
        result: The row of the list of results: the evaluation that the author reports.
        config: Hyperparameters by their standard names.
        environment: `versions` of libraries, where given.
        dataset_name: Name of the data set; empty when unknown.
        notes: What was mapped or left out.
    """

    rows: list[Row]
    result: Row = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    dataset_name: str = ""
    notes: tuple[str, ...] = ()


def card_of(text: str) -> Card:
    """Return the facts in the text of a model card; whatever it lacks stays empty."""
    metadata = _markdown.front_matter(text)
    found = rows_of_tables([table for table in _markdown.tables(text) if is_results_table(table)])
    result = row_of_items(_first_list(text, _RESULTS))
    rows, notes = found.rows, found.notes
    if not rows:
        rows = [result or _index_row(metadata)]
        rows = [_placed(row) for row in rows if row]
        notes = [
            *notes,
            "The card has no table of training results; only the last scores are known.",
        ]
    items = _first_list(text, _HYPERPARAMETERS)
    model, data = _fine_tuned(text, metadata)
    config = config_of_items(items)
    config |= {"model": model} if model else {}
    config |= dict(_task(metadata))
    versions = versions_of_items(text)
    return Card(
        rows=rows,
        result=result,
        config=config,
        environment={"versions": versions} if versions else {},
        dataset_name=data,
        notes=tuple(notes),
    )


def _first_list(text: str, starts: Sequence[str]) -> dict[str, str]:
    """Return the first list that is there under one of some headings or sentences."""
    lists = (_markdown.items_under(text, start) for start in starts)
    return next((items for items in lists if items), {})


def _placed(row: Row) -> Row:
    """Return a row with the name of an epoch, which a list may write down as it likes."""
    return {
        name.removeprefix("eval_").lower() if name.lower() in {"eval_epoch", "eval_step"} else name:
        value
        for name, value in row.items()
    }  # fmt: skip


def _fine_tuned(text: str, metadata: Mapping[str, Any]) -> tuple[str, str]:
    """Return names of the base model and of the data set; empty where unknown."""
    sentence = _FINE_TUNED.search(text)
    base = metadata.get("base_model")
    base = base[0] if isinstance(base, list) and base else base
    data = metadata.get("datasets")
    data = data[0] if isinstance(data, list) and data else data
    model = base if isinstance(base, str) else ""
    name = data if isinstance(data, str) else ""
    if sentence is not None:
        model = model or next((found for found in sentence.group(1, 2, 3) if found), "")
        name = name or (sentence[4] or "")
    return model[:200], "" if name.lower() in _UNKNOWN else name[:200]


def _results(metadata: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    entries = metadata.get("model-index")
    for entry in entries[:20] if isinstance(entries, list) else ():
        results = mapping(entry).get("results")
        yield from (
            mapping(result) for result in (results if isinstance(results, list) else ())[:50]
        )


def _index_row(metadata: Mapping[str, Any]) -> Row:
    """Return the scores of the first result in the metadata as a row."""
    for result in _results(metadata):
        metrics = result.get("metrics")
        row: Row = {}
        for metric in (metrics if isinstance(metrics, list) else ())[:100]:
            kind, given = mapping(metric).get("type"), mapping(metric).get("value")
            value = number(given) if isinstance(given, str) else figure(given)
            if isinstance(kind, str) and value is not None:
                row.setdefault(f"eval_{kind}", value)
        if row:
            return row
    return {}


def _task(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the kind of model that the metadata tell, in the words of model configurations."""
    kinds = [mapping(result.get("task")).get("type") for result in _results(metadata)]
    kind = next((kind for kind in [*kinds, metadata.get("pipeline_tag")] if kind), None)
    if isinstance(kind, str) and _KIND.fullmatch(kind):
        yield "architecture", "".join(word.capitalize() for word in kind.split("-"))
