"""How the search went: what the report shows of trials, both engines together."""
