"""Numbers of what was tracked; nothing here draws."""
