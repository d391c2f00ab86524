"""Tables of the report, one file each."""
