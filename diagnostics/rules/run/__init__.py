"""Rules about the history of one training run."""
