"""Fits one candidate on splits and measures it on the validation rows."""
