"""The section with learning curves."""

from __future__ import annotations

import numpy as np
import pytest
from collected import collected
from comparison_data import data_of
from dummy_estimators import Curved, study
from fake_curves import curve
from sklearn.datasets import load_iris

import tunekit as tk
from tunekit.analysis.collect import ReportData
from tunekit.reporting.sections.learning import draw_learning, learning_section
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_curves

X, y = load_iris(return_X_y=True)


@pytest.mark.slow
def test_curves_of_the_best_trials_are_drawn(tuners, store):
    data = collected(f"sqlite:///{store}", "three digits")
    study = data.study
    assert list(data.curves) == [each.name for each in study.trials[:3]]
    best = study.trials[0]
    assert next(iter(data.curves)) == f"{best.engine} trial {best.number}"
    section = draw_learning(data.curves)
    assert [figure.title.split(" of ")[0] for figure in section.figures] == [
        *("loss", "accuracy", "Validation loss")
    ]
    curves = read_curves(open_store(study.uri, create=False), best)
    mean = np.mean([each["val_loss"] for each in curves], axis=0)
    assert [row[4] for row in section.figures[0].table.rows] == pytest.approx(mean)
    assert section.sentences == section.diagnosis.words
    assert len({figure.table.name for figure in section.figures}) == 3


@pytest.mark.slow
def test_repeated_configuration_is_no_second_finalist(folder):
    space = tk.Space(quality=tk.Categorical([0.2, 0.5, 0.8]))
    settings = {
        "n_trials": 5,
        "tracking": True,
        "name": "again",
        "algorithm": "random",
        "random_state": 1,
    }
    tuner = study(space, estimator=Curved(), **settings)
    tuner.fit(*load_iris(return_X_y=True))
    assert tuner.trials_["reused"].notna().any()
    data = collected(tuner.tracking_uri_, "again")
    scores = [trial.score for trial in data.study.trials if trial.name in data.curves]
    assert len(scores) == len(data.curves)
    assert scores == sorted(set(scores), reverse=True)


def test_sentence_without_curves():
    assert draw_learning({}).sentences == ("The best trials have no learning curves.",)
    short = draw_learning({"a": [curve([1.0, 0.5])]})
    assert "too few epochs" in short.sentences[0]
    assert len(short.figures) == 1


@pytest.mark.parametrize(
    ("cv", "seeds", "fit"), [(0.3, 2, "seed"), (2, 2, "fit"), (2, None, "fold")]
)
def test_caption_names_what_bands_are_over(cv, seeds, fit):
    comparison = tk.compare({"a": Curved()}, X, y, cv=cv, seeds=seeds, tracking=False)
    page = learning_section(ReportData((), (data_of(comparison),)))
    assert f"from the lowest to the highest {fit}" in page.html
