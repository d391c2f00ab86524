"""Everything that touches MLflow: opening a store, writing a study to it, reading one back.

Experiment = study. Parent run = one execution of it. Child run = one trial.
"""
