"""Studies of a store as the report and its checks see them."""

from __future__ import annotations

from tunekit.analysis.study import collect_study
from tunekit.tracking.store import open_store
from tunekit.tracking.study_reader import read_study


def collected(uri, name):
    client = open_store(uri, create=False)
    return collect_study(client, read_study(client, name))
