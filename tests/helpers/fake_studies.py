"""Searches as the report sees them, made up: no store, no model, no time."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

import tunekit as tk
from tunekit.analysis.search.axes import axis_of
from tunekit.analysis.search.clock import Clock
from tunekit.analysis.search.data import Point, SearchData, has_score
from tunekit.analysis.study import StudyData, summaries_of
from tunekit.core.predictions import Predictions
from tunekit.tracking.encoding import decode_study
from tunekit.tracking.tracked_study import Execution, TrackedStudy, TrackedTrial

START = 1_700_000_000_000  # milliseconds since 1970

SPACE = tk.Space(
    layers=tk.Int(1, 3),
    units=tk.Int(8, 512, log=True).per("layers"),
    rate=tk.Float(1e-4, 1e-1, log=True),
    optimizer=tk.Categorical(["adam", "sgd"]),
    momentum=tk.Float(0.0, 0.9).when(optimizer="sgd"),
    dropout=tk.Float(0.0, 0.5),
)


def trial(number, score=np.nan, engine="optuna", state=None, params=None, **facts):
    """A trial that took a second, each after the one before."""
    state = state or ("failed" if np.isnan(score) else "complete")
    defaults = {
        "run_id": f"{engine}-{number}",
        "spread": 0.01,
        "duration": 1.0,
        "fit_time": 0.4,
        "error": "ValueError: no" if state == "failed" else "",
        "has_predictions": False,
        "reused": False,
        "epochs_saved": 0,
        "fits_saved": 0,
        "objectives": {},
        "n_params": 100.0,
        "started": START + 1000.0 * number,
        "ended": START + 1000.0 * (number + 1),
    }
    given = {**defaults, **facts}
    return TrackedTrial(
        number=number, engine=engine, state=state, params=params or {}, score=score, **given
    )


def execution(engine="optuna", start=START, **facts):
    info = {"scoring": "accuracy", "task": "classification", "n_splits": "2"}
    info |= {"n_trials": "40", "split_ratio": "1.0"}
    info |= facts.pop("info", {})
    info = decode_study(info)
    defaults = {
        "run_id": f"run-{engine}",
        "ledger": engine,
        "status": "FINISHED",
        "started": datetime.fromtimestamp(start / 1000, tz=UTC),
        "test_score": np.nan,
        "tested": 0,
        "stopped": "all 40 trials were run",
    }
    return Execution(engine=engine, info=info, **{**defaults, **facts})


def tracked(trials, executions=None, name="made up"):
    """A study, its trials sorted as the reader sorts them."""
    engines = sorted({each.engine for each in trials} or {"optuna"})
    executions = executions or [execution(engine) for engine in engines]
    ordered = sorted(trials, key=lambda t: (np.isnan(t.score), -np.nan_to_num(t.score), t.number))
    return TrackedStudy(name, "sqlite:///none.db", "1", tuple(executions), tuple(ordered))


def search(trials, space=SPACE, executions=None):
    """What the figures are made from."""
    study = tracked(trials, executions)
    engines = tuple(sorted({each.engine for each in study.executions}))
    clocks = {
        engine: Clock(
            [each for each in study.executions if each.engine == engine],
            [each for each in study.trials if each.engine == engine],
        )
        for engine in engines
    }
    scored = [each for each in study.trials if has_score(each) and each.params in space]
    points = [Point(each, space.flatten(each.params)) for each in scored]
    axes = tuple(map(axis_of, space.leaves))
    return SearchData(study, engines, clocks, "accuracy", space, axes, tuple(points), ())


def drawn(n, space=SPACE, engine="optuna", seed=0, score=None):
    """Trials drawn at random; the learning rate matters most, then the layers."""
    rng = np.random.default_rng(seed)
    score = score or (lambda p: 0.9 - 0.1 * (np.log10(p["rate"]) + 2) ** 2 - 0.01 * p["layers"])
    return [
        trial(i, float(score(params) + 0.01 * rng.normal()), engine, params=params)
        for i, params in enumerate(space.sample(n, random_state=seed))
    ]


def study_data(trials=(), space=SPACE, executions=None, curves=(), **facts):
    """What checks look at; ``curves`` are those of the best trial."""
    data = search(list(trials), space, executions)
    engines = summaries_of(data.study)
    given = {"curves": {engines[0].best.name: curves} if engines else {}, **facts}
    return StudyData(data, engines, data.study.executions[0], **given)


def predictions(y_true, y_pred, fold=None, classes="labels"):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    rows = np.arange(len(y_true))
    labels = np.unique(y_true) if isinstance(classes, str) else classes
    fold = np.zeros(len(y_true), dtype=int) if fold is None else np.asarray(fold)
    return Predictions(rows, fold, y_true, y_pred, None, labels)


def scores_of(scores, **facts):
    return [trial(i, score, **facts) for i, score in enumerate(scores)]


def class_counts(*counts):
    return {"classes": [{"label": f"c{i}", "count": n} for i, n in enumerate(counts)]}
