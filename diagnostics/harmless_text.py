"""Text from strangers made harmless: what steers a terminal or hides in a line becomes visible."""

from __future__ import annotations

import unicodedata

__all__ = ["harmless"]

# Bidirectional overrides and isolates can make a line read differently from what it says, and
# invisible fillers can hide in names; joiners stay, because emoji and several scripts need them.
_JOINERS = "\u200c\u200d"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def harmless(text: str, *, keep: str = "") -> str:
    r"""Return text in which every control character is visible.

    Escape sequences, carriage returns, bidirectional overrides and undecodable bytes become
    backslash escapes such as `\x1b`, so that a name from a file can neither colour, move nor hide
    anything on a terminal. Tabs and line ends become spaces.

    Args:
        text: Any text.
        keep: Characters to leave as they are, such as `"\n"`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if sign in keep else _visible(sign) for sign in text)


def _visible(sign: str) -> str:
    if sign in "\n\t":
        return " "
    if sign in _JOINERS or unicodedata.category(sign) not in _HIDDEN:
        return sign
    return ascii(sign)[1:-1]
