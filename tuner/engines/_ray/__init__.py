"""Trainings on a Ray cluster: actors, shipped files, nodes that come and go."""
