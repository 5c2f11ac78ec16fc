"""The console: no markup, no colour where none is wanted, and no harm when nobody reads."""

from __future__ import annotations

import errno
import io

import pytest
from rich.console import Console
from rich.text import Text

from tuner.display.canvas import Canvas, ForgivingStream, make_console
from tuner.display.symbols import ASCII, UNICODE


class BrokenStream(io.StringIO):
    """A stream whose reader has gone, or whose disk is full."""

    encoding = "utf-8"

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error
        self.attempts = 0

    def write(self, text: str) -> int:
        self.attempts += 1
        raise self.error

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC])
def test_printing_goes_on_in_silence_when_nobody_reads(number: int) -> None:
    error = BrokenPipeError(number, "gone") if number == errno.EPIPE else OSError(number, "full")
    stream = BrokenStream(error)
    console = Console(file=ForgivingStream(stream), width=80)  # type: ignore[arg-type]
    for _ in range(3):
        console.print("progress")
    assert stream.attempts == 1
    assert not ForgivingStream(stream).closed


def test_a_closed_stream_is_no_error() -> None:
    stream = io.StringIO()
    stream.close()
    forgiving = ForgivingStream(stream)
    assert forgiving.write("text") == 4
    forgiving.flush()


def test_what_cannot_be_encoded_is_replaced() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    forgiving = ForgivingStream(stream)
    forgiving.write("naïve ★\n")
    forgiving.flush()
    assert raw.getvalue() == b"na?ve ?\n"


def test_the_symbols_follow_from_the_encoding() -> None:
    narrow = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), width=80)
    assert Canvas.of(narrow).symbols is ASCII
    wide = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), width=300)
    assert Canvas.of(wide).symbols is UNICODE
    assert Canvas.of(wide).width == 120


def test_markup_and_emoji_names_are_shown_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_console().print("[red]not red[/red] :smile: 42")
    assert capsys.readouterr().out == "[red]not red[/red] :smile: 42\n"


def test_no_color_is_honoured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    make_console().print(Text("red", style="red"))
    assert "\x1b[31m" not in capsys.readouterr().out
    monkeypatch.delenv("NO_COLOR")
    make_console(stderr=True).print(Text("red", style="red"))
    assert "\x1b[31m" in capsys.readouterr().err
