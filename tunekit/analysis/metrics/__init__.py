"""What predictions say of a model, in numbers: computed here, drawn and written elsewhere.

Each function takes :class:`~tunekit.core.predictions.Predictions` and returns a frozen record, or
:class:`~tunekit.analysis.metrics.rows.Undefined` with the reason. Where the same rows were judged
in several folds, areas are computed fold by fold and averaged, since scores of two models are not
on one scale, while counts are summed over the folds.

References
----------
G. Forman, M. Scholz: Apples-to-apples in cross-validation studies: pitfalls in classifier
performance measurement. ACM SIGKDD Explorations 12(1), 2010.
"""
