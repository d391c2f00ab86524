"""Analysis of the trials of a search, over all engines."""
