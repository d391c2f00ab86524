"""Starts a study in four processes at once on stores that do not exist; by test_stores.py.

What is loaded once here would take five seconds in each new process.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

import mlflow.sklearn
import optuna.importance
import sqlalchemy.orm
from killed import search

LOADED = (mlflow.sklearn, optuna.importance, sqlalchemy.orm)
PROCESSES = 4


def child(*words):
    status = 1
    try:
        search(*words)
        status = 0
    except BaseException:  # noqa: BLE001 - a fork must not return into its parent's code
        traceback.print_exc()
    finally:
        os._exit(status)


def main(engine, *stores):
    """Take an address of MLflow's store and one of Optuna's for each time."""
    failed = 0
    for uri, storage in zip(stores[::2], stores[1::2], strict=True):
        children = []
        for _ in range(PROCESSES):
            number = os.fork()
            if number == 0:
                child(engine, 2, storage, uri)
            children.append(number)
        failed += sum(os.waitpid(number, 0)[1] != 0 for number in children)
    print(json.dumps({"failed": failed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
