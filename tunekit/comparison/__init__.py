"""Candidates on the same splits: which is best, by how much, and how sure that is."""
