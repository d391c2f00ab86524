"""Parameter importances: how much of the variation of the scores each parameter explains."""

from __future__ import annotations

import warnings

import optuna


def importances(study: optuna.Study, main: int = 0) -> dict[str, float]:
    """Return the importance of each parameter, highest first; empty if it cannot be computed.

    Parameters
    ----------
    study : optuna.Study
    main : int, default=0
        Index of the objective.

    Returns
    -------
    dict of str to float
        Importances from 0 to 1 that sum to 1, by the names of the leaves of the space.

    References
    ----------
    Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
    Arbitrary Subspaces", IJCAI 2023; it is Optuna's default.
    """
    # Optuna computes the importance for small values of the target.
    sign = -1 if study.directions[main] == optuna.study.StudyDirection.MAXIMIZE else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", message="PedAnovaImportanceEvaluator computes")
        warnings.filterwarnings("ignore", message="Some regimes for parameter")
        warnings.filterwarnings("error", message=".*importances will be equal")
        try:
            shares = optuna.importance.get_param_importances(
                study, target=lambda trial: sign * float(trial.values[main])
            )
        except (RuntimeError, UserWarning, ValueError):  # too few trials, or one score for all
            return {}
    return {name: float(share) for name, share in shares.items()}
