"""Splits, fits and scores of one candidate, and descriptions of data and estimators."""
