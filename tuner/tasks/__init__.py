"""One file per task: its labels, alignment, model head, loss and metrics."""
