"""Engines: each turns a :class:`~tunekit.Space` into an Optuna sampler.

One Optuna study is behind every engine, so that storage, resuming, pruning and everything else
that works for one works for all. :mod:`tunekit.engines.registry` lists the engines.
"""
