"""The numbers by which spaCy stands for strings: hashes, and small numbers for some words."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["string_number", "strings_by_number"]

_MULTIPLIER = 0xC6A4A7935BD1E995
_SHIFT = 47
_MASK = (1 << 64) - 1
_SEED = 1

_FLAGS = """
IS_ALPHA IS_ASCII IS_DIGIT IS_LOWER IS_PUNCT IS_SPACE IS_TITLE IS_UPPER LIKE_URL LIKE_NUM LIKE_EMAIL
IS_STOP IS_OOV_DEPRECATED IS_BRACKET IS_QUOTE IS_LEFT_PUNCT IS_RIGHT_PUNCT IS_CURRENCY
"""
_ATTRIBUTES = """
ID ORTH LOWER NORM SHAPE PREFIX SUFFIX LENGTH CLUSTER LEMMA POS TAG DEP ENT_IOB ENT_TYPE HEAD
SENT_START SPACY PROB LANG ADJ ADP ADV AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ
SYM VERB X EOL SPACE
"""
_LABELS = """
PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART LANGUAGE LAW DATE TIME PERCENT MONEY
QUANTITY ORDINAL CARDINAL acomp advcl advmod agent amod appos attr aux auxpass cc ccomp complm conj
cop csubj csubjpass dep det dobj expl hmod hyph infmod intj iobj mark meta neg nmod nn npadvmod
nsubj nsubjpass num number oprd obj obl parataxis partmod pcomp pobj poss possessive preconj prep
prt punct quantmod relcl rcmod root xcomp acl ENT_KB_ID MORPH ENT_ID IDX _
"""
_SYMBOLS = (
    *_FLAGS.split(),
    *(f"FLAG{number}" for number in range(19, 64)),
    *_ATTRIBUTES.split(),
    *(f"DEPRECATED{number:03}" for number in range(1, 277)),
    *_LABELS.split(),
)
"""Words with numbers of their own, from 1 on: `spacy.symbols`, which spaCy 3 no longer changes."""

_NUMBERS = {name: number for number, name in enumerate(_SYMBOLS, start=1)}


def strings_by_number(strings: Iterable[str]) -> dict[int, str]:
    """Return number to string; 0 is the empty one."""
    return {0: "", **{string_number(string): string for string in strings}}


def string_number(string: str) -> int:
    """Return the number that spaCy stores for a string.

    Source: MurmurHash2, 64-bit version A (Appleby 2008), with seed 1, of the string as UTF-8.
    """
    known = _NUMBERS.get(string, 0)
    return known if known or not string else _murmur(string.encode("utf-8", "surrogatepass"))


def _murmur(content: bytes) -> int:
    size = len(content)
    found = _SEED ^ (size * _MULTIPLIER & _MASK)
    whole = size & ~7
    for place in range(0, whole, 8):
        block = int.from_bytes(content[place : place + 8], "little") * _MULTIPLIER & _MASK
        block = (block ^ block >> _SHIFT) * _MULTIPLIER & _MASK
        found = (found ^ block) * _MULTIPLIER & _MASK
    if whole < size:
        found = (found ^ int.from_bytes(content[whole:], "little")) * _MULTIPLIER & _MASK
    found = (found ^ found >> _SHIFT) * _MULTIPLIER & _MASK
    return found ^ found >> _SHIFT
