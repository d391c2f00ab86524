"""Metrics of the predictions of a model.

Each function takes :class:`~tunekit.core.predictions.Predictions` and returns a frozen record, or
:class:`~tunekit.analysis.metrics.rows.Undefined` with the reason. With several folds, areas are
computed for each fold and averaged, since the scores of two models are not on the same scale.
Counts are summed over the folds.

References
----------
G. Forman, M. Scholz: Apples-to-apples in cross-validation studies: pitfalls in classifier
performance measurement. ACM SIGKDD Explorations 12(1), 2010.
"""
