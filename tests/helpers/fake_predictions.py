"""Fake predictions: of good and bad models, and of hostile data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tunekit.core.predictions import Predictions

EVIL = [
    "<script>alert(1)</script>",
    "$x$",
    "_hidden",
    "",
    " ",
    "\x00\x1b",
    "a" * 60,
    "a" * 59 + "b",
    "猫😀\u202e",
    "\ud800",
]


def classified(classes, n_rows=120, *, folds=1, repeats=1, sharpness=2.0, seed=0):
    """Return predictions of a classifier: softmax of noise that favors the true class."""
    rng = np.random.default_rng(seed)
    classes = np.asarray(classes)
    true = np.tile(rng.integers(0, len(classes), n_rows), repeats)
    logits = rng.normal(size=(len(true), len(classes)))
    logits[np.arange(len(true)), true] += sharpness
    scores = np.exp(logits)
    scores /= scores.sum(axis=1, keepdims=True)
    numbers = [rng.permutation(np.arange(n_rows) % folds) + folds * i for i in range(repeats)]
    return Predictions(
        rows=np.tile(np.arange(n_rows), repeats),
        fold=np.concatenate(numbers),
        y_true=classes[true],
        y_pred=classes[scores.argmax(axis=1)],
        y_score=scores,
        classes=classes,
    )


def regressed(n_rows=300, *, folds=3, seed=0):
    """Return predictions of a regressor."""
    rng = np.random.default_rng(seed)
    true = rng.normal(50, 10, n_rows)
    predicted = 0.7 * true + 15 + rng.normal(0, 4, n_rows)
    return Predictions(np.arange(n_rows), np.arange(n_rows) % folds, true, predicted, None, None)


def multilabelled(n_labels=3, n_rows=120, *, folds=1, repeats=1, seed=0):
    """Return predictions of several labels per row, the later ones rarer and harder."""
    rng = np.random.default_rng(seed)
    ease = np.linspace(1.0, 0.3, n_labels)
    true = rng.random((n_rows, n_labels)) < np.linspace(0.5, 0.2, n_labels)
    true = np.tile(true, (repeats, 1)).astype(int)
    scores = 1 / (1 + np.exp(-rng.normal(size=true.shape) - ease * (2 * true - 1)))
    numbers = [rng.permutation(np.arange(n_rows) % folds) + folds * i for i in range(repeats)]
    return Predictions(
        rows=np.tile(np.arange(n_rows), repeats),
        fold=np.concatenate(numbers),
        y_true=true,
        y_pred=(scores > 0.5).astype(int),
        y_score=scores,
        classes=None,
    )


def part(predictions, chosen):
    """Return the predictions of some rows."""
    names = ["rows", "fold", "y_true", "y_pred"]
    names += ["y_score"] if predictions.y_score is not None else []
    return replace(predictions, **{name: getattr(predictions, name)[chosen] for name in names})


def _hostile():
    binary, three = classified([0, 1], 60), classified([0, 1, 2], folds=3)
    broken = binary.y_score.copy()
    broken[:5], broken[7, 0] = np.nan, np.inf
    plain = regressed()
    tenth = np.arange(300) % 10 == 0
    return {
        "evil names": classified(EVIL, 200),
        "two evil names": classified(["</svg>", "\x00"], folds=2),
        "20 classes": classified([f"class number {i:02d} of many" for i in range(20)], 400),
        "30 classes": classified([f"class number {i:02d} of many" for i in range(30)], 400),
        "500 classes": classified(np.arange(500), 1500),
        "booleans": classified([False, True], folds=2),
        "floats": classified([0.5, 1.0, 2.25]),
        "two rows": classified([0, 1], 2),
        "one row": part(binary, np.arange(60) == 0),
        "no row": part(binary, np.arange(60) < 0),
        "absent from a fold": part(three, (three.fold != 1) | (three.y_true != 2)),
        "absent": part(three, three.y_true != 2),
        "only one class": part(three, three.y_true == 2),
        "only positives": part(binary, binary.y_true == 1),
        "only negatives": part(binary, binary.y_true == 0),
        "constant": replace(
            binary, y_pred=np.zeros(60, dtype=int), y_score=np.tile([0.7, 0.3], (60, 1))
        ),
        "broken": replace(binary, y_score=broken),
        "all broken": replace(binary, y_score=np.full((60, 2), np.nan)),
        "no probabilities": replace(binary, y_score=None),
        "never seen": replace(binary, y_true=np.where(np.arange(60) % 7 == 0, 9, binary.y_true)),
        "repeated folds": classified([0, 1, 2], 60, folds=3, repeats=4),
        "perfect": replace(three, y_pred=three.y_true, y_score=np.eye(3)[three.y_true]),
        "regression": plain,
        "constant regression": replace(plain, y_pred=np.full(300, 50.0)),
        "constant target": replace(plain, y_true=np.full(300, 3.0)),
        "exact regression": replace(plain, y_pred=plain.y_true),
        "NaN regression": replace(plain, y_pred=np.where(tenth, np.nan, plain.y_pred)),
        "infinite regression": replace(plain, y_pred=np.where(tenth, np.inf, plain.y_pred)),
        "huge regression": replace(plain, y_pred=np.where(tenth, 1e308, plain.y_pred)),
        "broken regression": replace(plain, y_pred=np.full(300, np.nan)),
        "tiny numbers": replace(plain, y_true=plain.y_true * 1e-12, y_pred=plain.y_pred * 1e-12),
        "large numbers": replace(plain, y_true=plain.y_true * 1e9, y_pred=plain.y_pred * 1e9),
        "two targets": replace(
            plain,
            y_true=np.column_stack([plain.y_true] * 2),
            y_pred=np.column_stack([plain.y_pred] * 2),
        ),
        "one value": part(plain, np.arange(300) == 0),
    }


#: Each must give correct figures or a clear sentence.
HOSTILE = _hostile()


def labelled(true, predicted, classes=None, *, rows=None, fold=None, scores=None):
    true, predicted = np.asarray(true), np.asarray(predicted)
    rows = np.arange(len(true)) if rows is None else np.asarray(rows)
    fold = np.zeros(len(true), dtype=int) if fold is None else np.asarray(fold)
    classes = np.unique(true) if classes is None else np.asarray(classes)
    return Predictions(rows, fold, true, predicted, scores, classes)
