"""Trainings in worker processes: places, processes, their words and their logs."""
