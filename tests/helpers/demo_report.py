"""A demo report for the page tests: all kinds of content, and hostile names."""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from tunekit.analysis.metrics.confusion import confusion
from tunekit.analysis.metrics.roc import roc
from tunekit.core.predictions import Predictions
from tunekit.reporting.document import wrap
from tunekit.reporting.figures.confusion import draw_confusion
from tunekit.reporting.figures.roc import draw_roc
from tunekit.reporting.figures.svg import COLORS, DASHES, draw_svg, legend_beside
from tunekit.reporting.tables.table import Column, Table, embedded

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "</script><svg onload=alert(3)>",
    "\"quoted' & <b>bold</b>",
    "w" * 300,
    "שלום עולם (RTL), then left",
    "🧪 emoji 👩🏽‍🔬",
)
SECTIONS = (
    ("verdict", "Verdict"),
    ("checks", "Checks"),
    ("ranking", "Ranked models"),
    ("trials", "All trials"),
    ("measured", "How it was measured"),
    ("search", "The search"),
    ("best", "The best model"),
    ("learning", "Learning curves"),
    ("errors", "Errors worth a look"),
    ("reproduce", "Reproduce"),
)
OPTIMIZERS = ("adam", "sgd", "rmsprop")
_DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAIUlEQVR42mP4DwUM//"
    "9rAAGIASKBGMgASaAyYFJwxVAAAJryLvVADjq6AAAAAElFTkSuQmCC"
)


def trials(n_rows: int = 60, n_extra: int = 0, name: str = "trials") -> Table:
    """Return a table of trials, best first, with ``n_extra`` more parameters than seven."""
    rng = np.random.default_rng(0)
    columns = [
        Column("number", "trial", "integer"),
        Column("engine", "engine"),
        Column("score", "score", "number", note="Mean of the accuracy over five folds."),
        Column("params", "parameters", "integer", hidden=True),
        Column("state", "state"),
        Column("layers", "layers", "integer"),
        Column("units", "units"),
        Column("learning_rate", "learning_rate", "general", digits=3),
        Column("optimizer", "optimizer"),
        Column("momentum", "momentum", "general", digits=3),
        Column("activation", "activation"),
        Column("batch_size", "batch_size", "integer"),
        *(Column(f"extra_{i}", f"extra_{i}", "general", digits=3) for i in range(n_extra)),
        Column("fit", "fit, s", "number", digits=2),
        Column("error", "failure reason"),
    ]
    scores = np.sort(rng.beta(40, 3, n_rows))[::-1]
    rows = []
    for i in range(n_rows):
        failed = i >= n_rows - n_rows // 12
        layers = int(rng.integers(1, 4))
        optimizer = OPTIMIZERS[int(rng.integers(3))]
        rows.append(
            (
                int(rng.permutation(n_rows)[0]) if i else 17,
                ("optuna", "hyperopt")[int(rng.integers(2))],
                float("nan") if failed else float(scores[i]),
                int(rng.integers(1_000, 200_000)),
                "failed" if failed else "complete",
                layers,
                [int(each) for each in 2 ** rng.integers(4, 9, layers)],
                float(10 ** rng.uniform(-4, -1)),
                optimizer,
                float(rng.uniform(0, 0.99)) if optimizer == "sgd" else None,
                "relu",
                int(2 ** rng.integers(4, 9)),
                *(float(each) for each in rng.normal(size=n_extra)),
                float(rng.gamma(2.0, 3.0)),
                f"ValueError: the loss of epoch {i} is no longer a number; the weights of the "
                "first layer had grown to 4.1e+17 after a step with a learning rate of 0.094"
                if failed
                else None,
            )
        )
    parameters = tuple(each.key for each in columns[5:-2])
    return Table(
        name, "All trials, best first", tuple(columns), tuple(rows), parameters, tools=True
    )


def ranking() -> Table:
    """Return a table of seven models with intervals and links; their names are hostile."""
    columns = (
        Column("model", "model"),
        Column("score", "accuracy", "interval", note="With a 95% interval (Wilson)."),
        Column("difference", "against the best", "interval"),
        Column("group", "group", note="Models that share a letter do not differ significantly."),
        Column("fit", "fit, s", "number", digits=1),
        Column("share", "of all time", "percent", digits=1),
        Column("run", "run", "link"),
    )
    addresses = (
        "http://127.0.0.1:5000/#/experiments/1/runs/0",
        "javascript:alert(4)",
        "data:text/html,<script>alert(5)</script>",
        "https://example.org/runs/3",
        "//example.org",
        "",
    )
    rows = [
        (
            name,
            (0.981 - 0.013 * i, 0.972 - 0.017 * i, 0.988 - 0.010 * i) if i < 6 else None,
            (-0.013 * i, -0.009 - 0.016 * i, 0.009 - 0.011 * i) if i < 6 else None,
            "aabbcd"[i] if i < 6 else None,
            12.5 / (i + 1),
            (0.5, 0.2, 0.1, 0.1, 0.05, 0.05, None)[i],
            (f"run {i}", addresses[i]) if i < 6 else None,
        )
        for i, name in enumerate(HOSTILE)
    ]
    return Table("ranking", "Models, best first", columns, tuple(rows))


def thresholds() -> dict[str, object]:
    """Return counts and metrics of a binary classifier at 101 thresholds."""
    rng = np.random.default_rng(1)
    truth = rng.random(500) < 0.3
    score = np.clip(rng.normal(0.3 + 0.4 * truth, 0.17), 0, 0.99)
    rows = []
    for threshold in np.linspace(0, 1, 101):
        positive = score >= threshold
        tp, fp = int((positive & truth).sum()), int((positive & ~truth).sum())
        fn, tn = int((~positive & truth).sum()), int((~positive & ~truth).sum())
        precision = tp / (tp + fp) if tp + fp else None
        values = (precision, tp / (tp + fn), tn / (tn + fp), fp / (fp + tn), fn / (fn + tp))
        rows.append([float(threshold), tp, fp, fn, tn, *values, 2 * tp / (2 * tp + fp + fn)])
    names = ("precision", "recall", "specificity", "type I error", "type II error", "F1")
    return {
        "positive": "malignant",
        "chosen": 0.5,
        "chosen_on": "out-of-fold rows, for the best F1",
        "metrics": names,
        "rows": rows,
    }


_LAYERS = {"kind": "number", "low": 1, "high": 3}


def parallel(n_lines: int = 300) -> dict[str, object]:
    """Return lines over six axes, one of which is unset for most lines."""
    table = trials(n_lines)
    keys = [each.key for each in table.columns]
    pick = [keys.index(key) for key in ("layers", "learning_rate", "optimizer", "momentum")]
    lines = [
        [*(row[i] for i in pick), HOSTILE[n % 3 * 2], row[keys.index("fit")], row[2]]
        for n, row in enumerate(table.rows)
    ]
    lines[1][-1] = lines[0][-1]  # equal score, but second
    return {
        "axes": [
            {"label": "layers", "short": "a first name without end", **_LAYERS},
            {"label": "learning_rate", "kind": "log", "low": 1e-4, "high": 1e-1},
            {"label": "optimizer", "kind": "category", "categories": OPTIMIZERS},
            {"label": "momentum", "kind": "number", "low": 0, "high": 0.99},
            {"label": HOSTILE[1], "kind": "category", "categories": HOSTILE[:5:2]},
            {"label": "fit time, s", "kind": "log", "low": 0.1, "high": 50},
        ],
        "lines": lines,
        "score": {"label": "accuracy", "low": 0.75, "high": 1.0},
    }


def predictions(n_classes: int = 4) -> Predictions:
    rng = np.random.default_rng(2)
    y = np.arange(400) % n_classes
    scores = rng.dirichlet(np.ones(n_classes), 400)
    scores[np.arange(400), y] += np.where(y == 0, 5, 0.6)  # the first class is always right
    scores /= scores.sum(axis=1, keepdims=True)
    classes = np.array([f"class {i}" for i in range(n_classes)])
    predicted = classes[scores.argmax(axis=1)]
    return Predictions(np.arange(400), np.arange(400) % 5, classes[y], predicted, scores, classes)


def curves() -> Markup:
    """Return a figure that is wider than a phone."""
    epochs = np.arange(1, 21)

    def draw(ax: Axes) -> None:
        for i, label in enumerate(("training", "validation")):
            loss = 2 * 0.8**epochs + 0.012 * i * epochs
            ax.plot(epochs, loss, color=COLORS[i], linestyle=DASHES[i], label=label)
        ax.set(xlabel="epoch", ylabel="loss")
        legend_beside(ax)

    return draw_svg(draw, (9.0, 3.2), "loss", "Loss by epoch: 0.02 on the training rows.")


def behind(name: str) -> Table:
    columns = (
        Column("fpr", "false-positive rate", "number", 3),
        Column("tpr", "rate", "number", 3),
    )
    rows = tuple((i / 40, (i / 40) ** 0.2) for i in range(41))
    return Table(name, "Points of the ROC curve", columns, rows)


def _matrix() -> list[list[tuple[int, int]]]:
    """Return rows of (count, shade); the diagonal has every shade."""
    rng = np.random.default_rng(3)
    return [
        [(int(rng.integers(0, 90)), i if k == i else int(rng.integers(0, 3))) for k in range(10)]
        for i in range(10)
    ]


def body() -> Markup:
    """Return sections with all kinds of content."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
    )
    held_out = predictions()
    config = {"layers": 2, "units": [128, 64], "name": HOSTILE[0]}
    return Markup(
        environment.get_template("demo_report.html.j2").render(
            titles=dict(SECTIONS),
            confusion=draw_confusion(confusion(held_out), "confusion").svg,
            roc=draw_roc(roc(held_out), "roc").svg,
            loss=curves(),
            matrix=_matrix(),
            hostile=HOSTILE,
            dot=_DOT,
            config=json.dumps(config, indent=2),
        )
    )


def data() -> Markup:
    tables = [ranking(), trials(), behind("behind-roc")]
    return embedded(tables, thresholds={"best": thresholds()}, parallel={"search": parallel()})


def page(**settings: str) -> str:
    """Return a whole report."""
    defaults = {
        "subtitle": "KerasClassifier and 6 others · 2024-05-01 12:00 UTC",
        "footer": "Made by tunekit from the MLflow experiment “digits”.",
        "sections": SECTIONS,
    }
    return wrap("Digits, seven models", body(), data(), **{**defaults, **settings})
