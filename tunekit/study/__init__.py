"""Studies: from the settings of a tuner to its trials and results."""
