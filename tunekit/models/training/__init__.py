"""The training loop, and the traced programs that it runs."""
