"""Text from strangers made harmless, and numbers made short."""

from __future__ import annotations

import math

from diagnostics.findings import Value
from diagnostics.harmless_text import harmless

__all__ = ["clean", "shown"]

_LONGEST = 600


def clean(value: object) -> str:
    r"""Return a value as one line in which every control character is visible and harmless.

    Escape sequences, carriage returns and bidirectional overrides become escapes such as `\x1b`;
    line ends and tabs become spaces; what is longer than a paragraph is cut.
    """
    text = " ".join(str(value)[: _LONGEST + 1].split())
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "..."
    return harmless(text)


def shown(value: Value | None) -> str:
    """Return a value of a hyperparameter or a figure, short: `2e-05`, `0.713`, `16`.

    None is a value that the run did not record.
    """
    if value is None:
        return "not recorded"
    if isinstance(value, bool) or not isinstance(value, float):
        return clean(value)
    if math.isnan(value):
        return "NaN"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"
