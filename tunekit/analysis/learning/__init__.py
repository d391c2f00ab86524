"""Learning curves of the best trials, and their diagnosis."""
