"""Confidence intervals and significance tests for scores of models. Pure functions."""
