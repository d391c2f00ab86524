"""Figures, a file each kind: they draw what was computed elsewhere."""
