"""What a careful colleague would look at before believing a result: coded checks of a study.

``docs/reference/checks.md`` lists them with their thresholds and the reasons for these.
"""
