"""Texts with and without capitals, for examples of rules."""

from __future__ import annotations

__all__ = ["CAPITALISED", "LOWER_CASE"]

CAPITALISED = "then O\nAnna B-PER\nBell I-PER\nleft O\n\n" * 30
LOWER_CASE = (
    CAPITALISED.lower().replace("b-per", "B-PER").replace("i-per", "I-PER").replace(" o\n", " O\n")
)
