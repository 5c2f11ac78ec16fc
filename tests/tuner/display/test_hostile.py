"""Names from strangers: markup, escape sequences, great length and double-width letters."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import RenderableType

from tests.tuner.display import examples
from tuner.display.canvas import Canvas
from tuner.display.live import progress_view
from tuner.display.plan import plan_view, run_view
from tuner.display.run_summary import result_view
from tuner.display.summary import summary_view
from tuner.display.testing import render
from tuner.display.text import clean
from tuner.trial import Scores

HOSTILE = (
    "[bold red]markup[/bold red] [/] [link=file:///etc/passwd]x[/link] \\[",
    "\x1b[2J\x1b]0;title\x07\x1b[31mescape\x9b31m",
    "carriage\rreturn\x08\x08backspace\x0b\x0c\x00",
    "exe\u202egnp.\u2066mirrored\ufeff",
    "long-" * 200,
    "漢字かな交じり文" * 40,
    "👩\u200d👩\u200d👧🏽 🇩🇪 e\u0301\u0301\u0301 \U000e0041",
    "lines\nof\n\ntext\u2028and\u2029more\x85",
    "undecodable \udcff\udc80",
    "",
)


def views(text: str, canvas: Canvas) -> Iterator[RenderableType]:
    """Yield every view with `text` wherever a stranger can put some."""
    path = Path("runs") / (text.replace("\x00", "\x01").replace("/", "") or "x")
    row = dataclasses.replace(
        examples.trial_rows()[4],
        note=text,
        spec=dataclasses.replace(examples.winner().spec, schedule=text, extra={text: text}),
    )
    rows = (*examples.trial_rows(), dataclasses.replace(row, key="0008"))
    scores = _scores(text)
    yield progress_view(dataclasses.replace(examples.snapshot(rows), name=text), text, canvas)
    yield plan_view(
        dataclasses.replace(
            examples.plan(),
            name=text,
            directory=path,
            model=text,
            data_facts=(text, text),
            space_lines=((text, text, text),),
            fixed_lines=((text, text, text),),
            device=text,
            notes=(text,),
        ),
        canvas,
    )
    yield summary_view(
        dataclasses.replace(
            examples.summary(),
            name=text,
            rows=rows,
            winner=dataclasses.replace(examples.winner(), spec=row.spec, scores=scores),
            test=scores,
            best_directory=path,
            importances={text: 0.9},
            audit=dataclasses.replace(examples.summary().audit, verdict=text),
            warnings=(text,),
            next_commands=((text, text),),
        ),
        canvas,
    )
    yield run_view(
        dataclasses.replace(
            examples.run_facts(), name=text, directory=path, model=text, notes=(text,)
        ),
        canvas,
    )
    yield result_view(
        dataclasses.replace(
            examples.train_result(), name=text, reason=text, dev=scores, best_directory=path
        ),
        canvas,
    )


def _scores(name: str) -> Scores:
    some = examples.scores()
    return dataclasses.replace(some, per_type={name: some.per_type["PER"]})


def check(text: str, width: int) -> None:
    for view in views(text, Canvas(width=width)):
        shown = render(view, width)
        for line in shown.split("\n"):
            is_word = line.strip() in clean(text)  # of a command, which terminals break and join
            assert cell_len(line) <= width or is_word, line
        bad = {letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs")}
        assert bad <= {"\n"}, bad
        assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029") & set(shown)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_view_breaks_out(text: str, width: int) -> None:
    check(text, width)


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=60), width=st.sampled_from([60, 80, 120]))
def test_no_text_at_all_breaks_out(text: str, width: int) -> None:
    check(text, width)


def test_markup_is_shown_as_it_is() -> None:
    facts = dataclasses.replace(examples.run_facts(), model="[red]m[/red]")
    coloured = render(run_view(facts, Canvas()), 80, color=True)
    assert "[red]m[/red]" in coloured
    assert "\x1b[31m" not in coloured
