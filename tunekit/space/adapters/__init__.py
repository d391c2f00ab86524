"""Conversion of spaces to and from other libraries."""
