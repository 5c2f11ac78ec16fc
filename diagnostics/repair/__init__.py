"""Repaired and converted copies of data sets; the originals are never touched."""
