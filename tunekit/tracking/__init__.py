"""MLflow: open a store, write studies and comparisons to it, and read them back.

A study is an experiment, each of its executions a parent run, and each trial a child run.
"""
