"""Data sets of the benchmarks: digits, MNIST and Adult."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import fetch_openml, load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = os.environ.get("TUNEKIT_DATA")


def digits(seed: int = 0) -> Any:
    """Return X_train, X_test, y_train, y_test: 1,347 and 450 images of 64 pixels from 0 to 1."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(
        (X / 16).astype("float32"), y.astype("int32"), test_size=0.25, stratify=y, random_state=seed
    )


def mnist() -> tuple[Any, Any]:
    """Return 60,000 training images of 784 pixels from 0 to 1, and their labels."""
    if FOLDER:
        with np.load(Path(FOLDER) / "mnist.npz") as file:
            images, labels = file["x_train"], file["y_train"]
    else:
        images, labels = fetch_openml("mnist_784", version=1, return_X_y=True, as_frame=False)
        images, labels = images[:60000], labels[:60000]
    return (images.reshape(len(images), -1) / 255).astype("float32"), labels.astype("int32")


def adult() -> tuple[Any, Any]:
    """Return the 32,561 training rows of Adult, encoded and scaled, and binary income labels."""
    if FOLDER:
        table = pd.read_csv(Path(FOLDER) / "adult.csv.gz")
        table = table[table.pop("split") == "train"]
        target = table.pop("income")
    else:
        table, target = fetch_openml("adult", version=2, return_X_y=True)
        table, target = table[:32561], target[:32561]
    numbers = table.select_dtypes("number").columns
    encode = make_column_transformer(
        (StandardScaler(), numbers),
        (make_pipeline(OneHotEncoder(sparse_output=False)), table.columns.difference(numbers)),
    )
    return encode.fit_transform(table).astype("float32"), (target == ">50K").to_numpy().astype(
        "int32"
    )
