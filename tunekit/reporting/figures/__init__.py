"""Figures of the report, one module per kind. They draw values computed in ``analysis``."""
