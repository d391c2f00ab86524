"""One study: from the settings of a tuner to its trials, and back."""
