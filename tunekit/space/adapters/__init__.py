"""A space in the terms of another library."""
