"""Shared basics: records, processes, fingerprints, secrets and lazily imported libraries."""
