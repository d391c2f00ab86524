"""Tune a multilayer perceptron on handwritten digits: 1,797 images of 8 × 8 pixels, ten classes.

Run it with ``tunekit run studies/digits.py``; add ``--engine hyperopt`` to search with Hyperopt.
"""

from typing import Any

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import tunekit as tk


def data() -> list[Any]:
    """Return X_train, X_test, y_train, y_test, with a fifth of the rows in the test split."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, test_size=0.2, stratify=y, random_state=0)


space = tk.Space(
    layers=tk.Int(1, 3),
    units=tk.Int(16, 256, log=True).per("layers"),
    activation=tk.Categorical(["relu", "tanh", "elu"]),
    dropout=tk.Float(0.0, 0.5).per("layers"),
    batch_size=tk.Int(16, 128, log=True),
    learning_rate=tk.Float(1e-4, 3e-2, log=True),
    optimizer=tk.Categorical(["adam", "rmsprop", "sgd"]),
    momentum=tk.Float(0.0, 0.99).when(optimizer="sgd"),
)

tuner = tk.Tuner(
    tk.KerasClassifier(epochs=30),
    space,
    n_trials=20,
    cv=0.25,
    name="digits",
    random_state=0,
)

if __name__ == "__main__":
    X_train, X_test, y_train, y_test = data()
    tuner.fit(X_train, y_train)
    print(f"test accuracy {tuner.evaluate(X_test, y_test):.4f}, with {tuner.best_params_}")
    print(tk.report(tuner, "reports/digits.html"))
