"""Architectures: one file each, registered in one place."""
