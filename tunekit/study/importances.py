"""Which parameters mattered: how much of the spread of the scores each one explains."""

from __future__ import annotations

import warnings

import optuna


def importances(study: optuna.Study, main: int = 0) -> dict[str, float]:
    """Return each parameter's share, the greatest first; nothing where there is none to see.

    Parameters
    ----------
    study : optuna.Study
    main : int, default=0
        The objective that is looked at, where there are several.

    Returns
    -------
    dict of str to float
        From 0 to 1, by the names of the space's coordinates; together 1.

    References
    ----------
    Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
    Arbitrary Subspaces", IJCAI 2023; it is Optuna's default.
    """
    # Optuna looks at what makes the target small.
    sign = -1 if study.directions[main] == optuna.study.StudyDirection.MAXIMIZE else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", message="PedAnovaImportanceEvaluator computes")
        warnings.filterwarnings("ignore", message="Some regimes for parameter")
        warnings.filterwarnings("error", message=".*importances will be equal")
        try:
            found = optuna.importance.get_param_importances(
                study, target=lambda trial: sign * float(trial.values[main])
            )
        except (RuntimeError, UserWarning, ValueError):  # too few trials, or one score for all
            return {}
    return {name: float(share) for name, share in found.items()}
