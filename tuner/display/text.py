"""Turns values into short, safe text: names from strangers, numbers, durations, shares."""

from __future__ import annotations

import math

from rich.text import Text

from diagnostics.harmless_text import harmless

__all__ = [
    "byte_size",
    "clean",
    "clock",
    "count",
    "duration",
    "learning_rate",
    "percent",
    "plain_number",
    "safe_text",
    "score",
    "signed_score",
]


def clean(value: object, *, keep_newlines: bool = False) -> str:
    r"""Return `value` as text in which every control character is visible and harmless.

    Escape sequences, carriage returns, bidirectional overrides and undecodable bytes become
    backslash escapes such as `\x1b`, so that a name from a file can neither colour, move nor hide
    anything on a terminal. Tabs and line ends become spaces.

    Args:
        value: Anything; `str(value)` is shown.
        keep_newlines: Keep line feeds as they are.
    """
    return harmless(str(value), keep="\n" if keep_newlines else "")


def safe_text(value: object, style: str = "", *, keep_newlines: bool = False) -> Text:
    """Return `value` as Rich text that is never parsed as markup and holds no control character."""
    return Text(clean(value, keep_newlines=keep_newlines), style=style)


def plain_number(value: float, digits: int = 3) -> str:
    """Return a number with `digits` significant digits and no padding: `2.13e-5`, `0.06`, `16`."""
    if math.isnan(value):
        return "NaN"
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def learning_rate(value: float, digits: int = 3) -> str:
    """Return a learning rate in scientific notation, the way papers write it: `2e-5`."""
    if not math.isfinite(value) or value == 0:
        return plain_number(value, digits)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"


def score(value: float | None, digits: int = 4) -> str:
    """Return a score between 0 and 1; `-` where there is none, `NaN` where it is not a number."""
    if value is None:
        return "-"
    return "NaN" if math.isnan(value) else f"{value:.{digits}f}"


def signed_score(value: float, digits: int = 4) -> str:
    """Return a difference of scores with its sign; what rounds to nothing has none."""
    text = f"{value:+.{digits}f}"
    return text[1:] if not text.strip("+-0.") else text


def percent(share: float) -> str:
    """Return a share between 0 and 1 in percent: `37 %`, and `<1 %` for the little above 0."""
    if 0 < share < 0.01:
        return "<1 %"
    return f"{share * 100:.0f} %"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun: `1 trial`, `1,200 sentences`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float | None) -> str:
    """Return a time span in at most two units: `0.8s`, `42s`, `12m 03s`, `2h 10m`, `3d 04h`."""
    if seconds is None or not math.isfinite(seconds):
        return "unknown"
    if round(seconds, 1) < 10:
        return f"{max(seconds, 0.0):.1f}s"
    whole = round(seconds)
    for unit, below, size, smaller in (("d", "h", 86_400, 3600), ("h", "m", 3600, 60)):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // smaller:02d}{below}"
    return f"{whole // 60}m {whole % 60:02d}s" if whole >= 60 else f"{whole}s"


def clock(seconds: float) -> str:
    """Return a time since the start as `h:mm:ss`, for the margin of plain lines."""
    whole = int(max(seconds, 0.0))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def byte_size(number: int | None) -> str:
    """Return an amount of memory or disk in the unit that fits: `740 MB`, `1.3 GB`."""
    if number is None:
        return "unknown"
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
