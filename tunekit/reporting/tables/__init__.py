"""Tables of the report, one module each."""
