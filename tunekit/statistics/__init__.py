"""Intervals and tests for scores of models, each right for one design. Pure functions."""
