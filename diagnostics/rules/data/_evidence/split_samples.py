"""Made-up sentences for the examples of rules about splits: all different, of some length."""

from __future__ import annotations

__all__ = ["SENTENCES"]

_NAMES = ("Anna Lind", "Omar Haddad", "Ida Moreau", "Jonas Weber", "Lucia Ferri", "Tom Okafor")
_PLACES = ("Lisbon", "Oslo", "Nairobi", "Quito", "Hanoi", "Perth", "Turin")


def _sentence(number: int) -> str:
    first, last = _NAMES[number % len(_NAMES)].split()
    place = _PLACES[number % len(_PLACES)]
    return (
        f"Item O\n{number} O\n: O\n{first} B-PER\n{last} I-PER\nflew O\nto O\n{place} B-LOC\n"
        f"on O\nday O\n{number * 7} O\n\n"
    )


SENTENCES = tuple(_sentence(number) for number in range(1, 41))
"""Forty sentences of eleven words in CoNLL form."""
