"""Studies whose parameters are Python objects, in steps with blanks and hyphens in their names."""

from __future__ import annotations

import mlflow
import numpy as np
import pytest
from collected import collected
from dummy_estimators import study
from report_parser import Page
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted

import tunekit as tk

NAMES = {"StandardScaler()", "MinMaxScaler()", "FunctionTransformer(func=log1p)"}
WEIGHTS = {"{0: 1, 1: 5}", "balanced"}


def data():
    X, y = load_breast_cancer(return_X_y=True)
    return X[::4, :5], y[::4]


def pipeline():
    return Pipeline(
        [("my scaler", StandardScaler()), ("the-model", LogisticRegression(max_iter=3000))]
    )


def object_space(**changed):
    parts = {
        "my scaler": tk.Categorical(
            [StandardScaler(), MinMaxScaler(), FunctionTransformer(np.log1p), None]
        ),
        "the-model": tk.Categorical(
            [LogisticRegression(max_iter=3000), DecisionTreeClassifier(max_depth=3)]
        ),
        "the-model__class_weight": tk.Categorical([{0: 1, 1: 5}, "balanced"]),
        "the-model__C": [
            tk.Float(0.01, 1.0, log=True).when(
                **{"the-model": LogisticRegression(max_iter=3000), "my scaler": StandardScaler()}
            ),
            tk.Float(1.0, 100.0, log=True).when(
                **{"the-model": LogisticRegression(max_iter=3000), "my scaler": MinMaxScaler()}
            ),
        ],
        "the-model__splitter": tk.Categorical(["best", "random"]).when(
            **{"the-model": DecisionTreeClassifier(max_depth=3)}
        ),
        "memory": None,
    }
    return tk.Space(**{**parts, **changed})


def tuner(folder, engine, space=None, **settings):
    return tk.Tuner(
        pipeline(),
        object_space() if space is None else space,
        **{
            "engine": engine,
            "n_trials": 14,
            "cv": 2,
            "name": "objects",
            "random_state": 0,
            "storage": f"sqlite:///{folder}/{engine}.db",
            "tracking_uri": f"sqlite:///{folder}/mlflow.db",
            "initial": [{"my scaler": None}, {"my scaler": StandardScaler(), "the-model__C": 0.5}],
            "pruner": "median",
            **settings,
        },
    )


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    return {each: tuner(folder, each).fit(*data()) for each in ("optuna", "hyperopt")}, folder


@pytest.fixture
def found(engine, searched):
    return searched[0][engine]


def test_the_best_parameters_are_the_objects_and_are_not_fitted(found):
    best = found.best_params_
    assert best in object_space()
    assert isinstance(best["the-model"], (LogisticRegression, DecisionTreeClassifier))
    for name in ("my scaler", "the-model"):
        assert not hasattr(best[name], "n_features_in_")
        assert best[name] is not found.best_estimator_.named_steps[name]
    check_is_fitted(found.best_estimator_)
    assert found.estimator.named_steps["my scaler"].__dict__ == StandardScaler().__dict__
    again = pipeline().set_params(**found.best_params_)
    assert again.fit(*data()).score(*data()) > 0.8


def test_tables_show_names(found):
    trials, results = found.trials_, found.cv_results_
    assert set(trials["my scaler"].dropna()) == NAMES
    assert set(trials["the-model__class_weight"]) == WEIGHTS
    assert list(trials.columns).count("the-model__C") == 1
    assert all(config in object_space() for config in results["params"])
    for config, scaler in zip(results["params"], results["param_my scaler"], strict=True):
        assert type(config["my scaler"]) is type(scaler)
    assert "StandardScaler()" in found._repr_html_()


def test_a_choice_of_none_is_not_a_missing_value_of_the_table(engine):
    space = tk.Space(
        max_depth=tk.Categorical([None, 2]),
        ccp_alpha=tk.Float(0.0, 0.1).when(max_depth=2),
        class_weight=tk.Categorical([None, "balanced"]).when(max_depth=2),
    )
    tuner = study(space, engine, estimator=DecisionTreeClassifier(), n_trials=12, cv=2)
    table = tuner.fit(*data()).trials_
    assert set(table["max_depth"]) == {None, 2}
    for (_, row), params in zip(table.iterrows(), tuner.cv_results_["params"], strict=True):
        weight = row["class_weight"]
        assert weight == params["class_weight"] if "class_weight" in params else np.isnan(weight)
    assert "None" in tuner._repr_html_()
    assert table["ccp_alpha"].dtype == float


def test_a_range_under_a_condition_is_searched(found):
    for config in found.cv_results_["params"]:
        scaler, is_linear = config["my scaler"], isinstance(config["the-model"], LogisticRegression)
        active = is_linear and isinstance(scaler, (StandardScaler, MinMaxScaler))
        assert ("the-model__C" in config) == active
        if active:
            assert (config["the-model__C"] <= 1.0) == isinstance(scaler, StandardScaler)
    first, second = found.cv_results_["params"][:2]
    assert first["my scaler"] is None
    assert isinstance(second["my scaler"], StandardScaler)
    assert second.get("the-model__C", 0.5) == 0.5


def test_estimators_among_the_choices_are_seeded(found):
    assert found.best_estimator_.named_steps["the-model"].random_state == 0
    assert found.best_params_["the-model"].random_state is None


def test_a_study_is_resumed_with_an_equal_space_only(found, engine, searched):
    again = tuner(searched[1], engine, n_trials=15).fit(*data())
    assert len(again.trials_) == 15
    for before, after in zip(
        found.cv_results_["params"], again.cv_results_["params"], strict=False
    ):
        assert object_space().name_objects(before) == object_space().name_objects(after)
    changed = object_space(
        **{"the-model__class_weight": tk.Categorical([{0: 1, 1: 6}, "balanced"])}
    )
    with pytest.raises(tk.ParameterError, match=r"space\.the-model__class_weight\.choices is .*5}"):
        tuner(searched[1], engine, changed).fit(*data())


def test_mlflow_stores_names(found, engine, searched):
    client = mlflow.MlflowClient(f"sqlite:///{searched[1]}/mlflow.db")
    runs = client.search_runs(
        [client.get_experiment_by_name("objects").experiment_id],
        f"tags.`tunekit.kind` = 'trial' and tags.`tunekit.engine` = '{engine}'",
    )
    by_number = {int(run.data.tags["tunekit.trial"]): run.data.params for run in runs}
    for number, row in found.trials_.iterrows():
        params = by_number[number]
        assert params["the-model"] == row["the-model"]
        assert params["the-model__class_weight"] == row["the-model__class_weight"]
        assert params["my scaler"] in {*NAMES, "None"}
    loaded = tk.load_study("objects", tracking_uri=f"sqlite:///{searched[1]}/mlflow.db")
    assert set(loaded.trials["my scaler"].dropna()) == NAMES
    assert set(loaded.trials["the-model__class_weight"]) == WEIGHTS


@pytest.mark.slow
def test_finalists_keep_the_objects_and_start_another_search(found, engine, searched, tmp_path):
    finalists = found.finalists(k=2, seeds=1)
    (config,) = finalists.params(finalists.candidates[0])
    assert config in object_space()
    assert isinstance(config["the-model"], (LogisticRegression, DecisionTreeClassifier))
    loaded = tk.load_comparison("objects", tracking_uri=f"sqlite:///{searched[1]}/mlflow.db")
    (named,) = loaded.params(loaded.candidates[0])
    assert object_space().name_objects(named) == object_space().name_objects(config)
    settings = {"initial": [named], "n_trials": 1, "pruner": None, "tracking": False}
    again = tuner(tmp_path, engine, **settings).fit(*data())
    assert object_space().name_objects(again.best_params_) == object_space().name_objects(named)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["optuna"])
def test_the_report_shows_names_and_one_column(found, searched, tmp_path):
    uri = f"sqlite:///{searched[1]}/mlflow.db"
    page = Page(tk.report("objects", tmp_path / "r.html", tracking_uri=uri))
    assert {row["parameter/my scaler"] for row in page.trials} == {*NAMES, "None"}
    assert {type(row["parameter/the-model__C"]) for row in page.trials} == {float, type(None)}
    search = collected(uri, "objects").search
    assert [axis.label for axis in search.axes] == [
        "my scaler",
        "the-model",
        "the-model__class_weight",
        "the-model__C",
        "the-model__splitter",
    ]
    rate = search.axis("the-model__C")
    assert (rate.kind, rate.low, rate.high) == ("log", 0.01, 100.0)
    assert search.axis("my scaler").categories[-1] == "None"
    assert len(search.points) > 10


def test_a_comparison_fits_tuners_over_objects(engine):
    nested = tuner("", engine, n_trials=2, initial=(), storage=None, pruner=None)
    result = tk.compare(
        {"tuned": nested, "tree": DecisionTreeClassifier()}, *data(), cv=2, tracking=False
    )
    assert all(config in object_space() for config in result.params("tuned"))


@pytest.mark.slow
def test_objects_are_sent_to_worker_processes(engine):
    space = tk.Space(
        **{
            "my scaler": tk.Categorical(
                [FunctionTransformer(lambda x: x + 1), FunctionTransformer(lambda x: x * x)]
            ),
            "the-model__class_weight": tk.Categorical([{0: 1, 1: 5}, {0: 5, 1: 1}]),
        }
    )
    settings = {"n_trials": 4, "initial": (), "storage": None, "tracking": False, "pruner": None}
    alone = tuner("", engine, space, algorithm="random", **settings).fit(*data())
    several = tuner("", engine, space, algorithm="random", n_jobs=2, **settings).fit(*data())
    assert several.best_params_ in space
    assert list(alone.trials_["score"]) == list(several.trials_["score"])
    assert len(set(several.trials_["my scaler"])) == 2


def test_the_same_seed_gives_the_same_scores(engine):
    space = tk.Space(
        **{
            "the-model": tk.Categorical([DecisionTreeClassifier(splitter="random")]),
            "my scaler": tk.Categorical([StandardScaler(), MinMaxScaler()]),
        }
    )
    runs = [
        tuner("", engine, space, n_trials=4, storage=None, tracking=False, initial=(), pruner=None)
        .fit(*data())
        .trials_["score"]
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (
            {"the-model__depth": tk.Int(1, 2)},
            r"'the-model__depth' is in the space, but is not a parameter of Pipeline",
        ),
        (
            {
                "the-model": tk.Categorical([LogisticRegression(), DecisionTreeClassifier()]),
                "the-model__max_depth": tk.Int(1, 2),
            },
            r'"the-model"\): Invalid parameter .* LogisticRegression\(.*; use \.when\(…\) for a',
        ),
    ],
)
def test_what_the_estimator_does_not_take_is_refused(space, message):
    with pytest.raises(tk.SpaceError, match=message):
        tuner("", "optuna", tk.Space(**space), storage=None, tracking=False, initial=()).fit(
            *data()
        )


def test_a_space_from_a_file_is_refused_if_it_lacks_the_objects():
    named = tk.Space.from_dict(object_space().to_dict())
    with pytest.raises(tk.SpaceError, match=r"'my scaler' has the value StandardScaler\(\), of wh"):
        tuner("", "optuna", named, storage=None, tracking=False).fit(*data())
