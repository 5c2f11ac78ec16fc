"""What is judged: labelled data and the history of a run, as plain frozen values."""
