"""Comparison of models on the same splits: ranking, intervals and significance tests."""
