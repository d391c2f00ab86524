"""Engines: each provides an Optuna sampler for a :class:`~tunekit.Space`.

Every engine runs on an Optuna study, so storage, resuming and pruning work the same for all.
:mod:`tunekit.engines.registry` lists the engines.
"""
