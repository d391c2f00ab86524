"""Network architectures, one file per architecture, and their registry."""
