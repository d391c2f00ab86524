"""The training loop and its traced programs."""
