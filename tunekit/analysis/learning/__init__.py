"""Learning curves of the best trials, and what they say."""
