"""Tells words from what merely stands in their place."""

from __future__ import annotations

import enum
import re

__all__ = [
    "BLANKS",
    "COMMENT_MARKS",
    "INVISIBLE",
    "MARKERS",
    "NO_BREAKS",
    "WORD_BREAK",
    "OddWord",
    "odd_kind",
]

BLANKS = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"
"""Characters that part words and lines. Spaces that never break are another kind."""

NO_BREAKS = "\u00a0\u2007\u202f\u3000"
"""Spaces that part no lines and, in CoNLL, no words: tokenizers split there all the same."""

INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb"
)
"""Characters without width, for a character class. Joiners (U+200C, U+200D) are letters of Persian,
Sinhala and others, and of emoji; they count only when nothing else is there."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff"
WORD_BREAK = f"(?<=[{_UNSPACED}])\u200b+(?=.)|(?<=.)\u200b+(?=[{_UNSPACED}])"
"""A pattern of spaces without width (U+200B) that part words: inside of text in Thai, Lao, Burmese
and Khmer, which know no other space between words (Unicode Standard, section 16; UAX 14, class
ZW)."""

MARKERS = frozenset({"-DOCSTART-", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "<s>", "</s>", "<pad>"})
"""Words that only a file or a tokenizer has a use for."""

COMMENT_MARKS = frozenset({"//", "/*", "<!--", "%", "%%", ";;", "--", "#"})
"""What starts a line that is no word, in other languages than CoNLL's."""

_NOTHING = re.compile(rf"[\s{INVISIBLE}\u200c\u200d\ufe00-\ufe0f]*")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_BLANK = re.compile(f"[{BLANKS}]")
_NO_BREAK = re.compile(f"(?<!\\d)[{NO_BREAKS}]|[{NO_BREAKS}](?!\\d)")
"""Between two digits they group the figures of one number."""

_GARBLED = re.compile("\ufffd|[ÃÂÐÑ][\u0080-\u00bf]|â(?:\u0080|€)|ï»¿")
_MARKUP = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});"
    r"|</?(?:a|b|body|br|div|em|font|h[1-6]|html|i|img|li|ol|p|script|span|strong|style|sub|sup"
    r"|table|td|th|tr|u|ul)[ />]"
)


class OddWord(enum.StrEnum):
    """In which way a word is odd; the gravest one counts."""

    EMPTY = "empty"
    MARKER = "marker"
    INVISIBLE = "invisible"
    BLANK = "blank"
    NO_BREAK = "no-break"
    GARBLED = "garbled"
    MARKUP = "markup"


_LESSER = {
    OddWord.GARBLED: _GARBLED,
    OddWord.MARKUP: _MARKUP,
    OddWord.NO_BREAK: _NO_BREAK,
}


def odd_kind(token: str) -> OddWord | None:
    """Return in which way a word is odd, None when it is a word like others."""
    if _NOTHING.fullmatch(token):
        return OddWord.EMPTY
    if token in MARKERS:
        return OddWord.MARKER
    if token.isascii() and token.isprintable() and " " not in token and not {"&", "<"} & set(token):
        return None
    if _INVISIBLE.search(token):
        return OddWord.INVISIBLE
    if _BLANK.search(token):
        return OddWord.BLANK
    return next((kind for kind, sign in _LESSER.items() if sign.search(token)), None)
