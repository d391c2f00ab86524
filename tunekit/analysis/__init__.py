"""Analysis of tracked studies and comparisons, without drawing."""
