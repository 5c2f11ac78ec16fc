"""Corruptions planted in clean data: how many `tuner check` finds, and on which lines."""
