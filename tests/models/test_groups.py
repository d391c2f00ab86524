"""Early stopping keeps the rows of a group together."""

from __future__ import annotations

import numpy as np
import pytest
from dummy_estimators import study
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn import config_context
from sklearn.metrics import get_scorer
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tunekit as tk
from tunekit.models.validation_split import split_rows

RNG = np.random.default_rng(0)
PERSON = np.repeat(np.arange(30), 8)
# Rows of a person are nearly equal, and the label is a coin toss of the person.
X = (RNG.normal(size=(30, 6))[PERSON] + 0.01 * RNG.normal(size=(240, 6))).astype("float32")
y = RNG.integers(0, 2, 30)[PERSON]
SETTINGS = {"early_stopping": True, "validation_fraction": 0.2, "epochs": 3, "random_state": 0}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("named", [True, False])
def test_a_group_is_in_one_part_and_each_class_in_training(seed, named):
    groups = np.array([f"p{each}" for each in PERSON], dtype=object) if named else PERSON
    training, validation = split_rows(
        240, 0.2, np.random.RandomState(seed), labels=y, groups=groups
    )
    assert np.array_equal(np.sort(np.r_[training, validation]), np.arange(240))
    assert not set(PERSON[training]) & set(PERSON[validation])
    assert len(set(PERSON[validation])) == 6
    assert set(y[training]) == {0, 1}


def test_a_rare_class_stays_in_the_training_rows():
    labels = np.r_[np.zeros(8, int), np.ones(2, int)]
    groups = np.repeat(np.arange(5), 2)
    for seed in range(20):
        training, _ = split_rows(10, 0.4, np.random.RandomState(seed), labels=labels, groups=groups)
        assert set(labels[training]) == {0, 1}


@pytest.mark.parametrize(
    ("groups", "labels", "message"),
    [
        ([0] * 4, None, "with groups needs at least two of them, got one"),
        ([0, 0, None, 1], None, "row 2 has no group"),
        ([0, 0, 1, 1], [0, 0, 1, 1], "leave no row of some class for training"),
    ],
)
def test_what_cannot_be_split_is_refused(groups, labels, message):
    rng = np.random.RandomState(0)
    labels = None if labels is None else np.array(labels)
    with pytest.raises(tk.DataError, match=message):
        split_rows(4, 0.5, rng, labels=labels, groups=np.array(groups, dtype=object))


class Recorded(tk.KerasClassifier):
    """Keeps the groups that its fit receives."""

    def fit(self, X, y, groups=None, **params):
        self.groups_ = groups
        return super().fit(X, y, groups=groups, **params)


def val_accuracy(model):
    return model.history_["val_accuracy"].iloc[-1]


@pytest.mark.slow
def test_validation_rows_of_known_persons_are_easy_and_of_new_ones_are_not():
    model = tk.KerasClassifier(**{**SETTINGS, "epochs": 80, "learning_rate": 0.03})
    alone = val_accuracy(model.fit(X, y))
    together = val_accuracy(model.fit(X, y, groups=PERSON))
    assert alone == 1.0
    assert together < 0.9
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y, groups=PERSON[:-1])


@pytest.mark.slow
@pytest.mark.parametrize("piped", [True, False])
def test_a_search_passes_the_groups_of_the_training_rows(engine, piped):
    estimator = Recorded(**SETTINGS)
    estimator = make_pipeline(StandardScaler(), estimator) if piped else estimator
    space = tk.Space(**{"recorded__units" if piped else "units": tk.Int(4, 8)})
    tuner = study(space, engine, estimator=estimator, cv=GroupKFold(3), n_trials=1)
    best = tuner.fit(X, y, groups=PERSON).best_estimator_
    np.testing.assert_array_equal((best[-1] if piped else best).groups_, PERSON)


@pytest.mark.slow
def test_a_comparison_and_weights_pass_the_groups_too():
    with config_context(enable_metadata_routing=True):
        network = tk.KerasClassifier(**SETTINGS).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        found = tk.compare(
            {"network": network, "piped": make_pipeline(scaler, network)},
            *(X, y),
            groups=PERSON,
            cv=3,
            tracking=False,
            params={"sample_weight": np.ones(240)},
            scoring=get_scorer("accuracy").set_score_request(sample_weight=False),
        )
    assert found.ranking()["error"].eq("").all()


@pytest.mark.slow
def test_a_pipeline_that_resamples_receives_no_groups():
    sampled = make_sampling_pipeline(
        RandomOverSampler(random_state=0), tk.KerasClassifier(**SETTINGS)
    )
    found = tk.compare({"sampled": sampled}, X, y, groups=PERSON, cv=3, tracking=False)
    assert found.ranking()["error"].eq("").all()
