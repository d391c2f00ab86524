"""Checks for common problems in a study or a comparison.

``docs/reference/checks.md`` lists them with their thresholds and the reasons for them.
"""
