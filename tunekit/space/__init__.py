"""The search space: parameters, conditions, and their form in other libraries."""
