"""A data frame of Dask, as a notebook gives it, is audited where its partitions are."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

import audit
from audit.data.opening import open_data
from audit.errors import InputError
from audit.plan import ModelChoice, Plan, Roles
from audit.store import Store
from tests.commands import frame

ROLES = Roles(label="label", decision="decision", sensitive=("group", "sex"))


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cluster = distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        )
        with distributed.Client(cluster) as one:
            yield one
        cluster.close()


@pytest.fixture
def lazy(client):
    import dask.dataframe as dd

    return dd.from_pandas(frame(2_500), npartitions=4)


@pytest.mark.filterwarnings("ignore")
def test_a_dask_frame_gives_the_numbers_of_the_pandas_frame(lazy):
    plan = Plan(roles=ROLES, replicates=100, dated="2026-01-01")
    found = audit.run(lazy, plan)
    assert found.cells.to_dict() == audit.run(frame(2_500), plan).cells.to_dict()
    assert (found.data.engine, found.data.fingerprint_kind) == ("dask", "rows")
    assert "a hash of the rows in any order, taken by the engine" in found.data.notes[0]


@pytest.mark.filterwarnings("ignore")
def test_a_model_is_trained_on_a_sample_of_it_and_the_store_keeps_none_of_it(lazy, tmp_path):
    model = ModelChoice(kind="train", algorithm="logistic_regression")
    roles = replace(ROLES, decision=None, features=("x", "age"))
    found = audit.run(lazy, Plan(roles=roles, model=model, sample_rows=1_000, replicates=100))
    assert found.data.sample == 1_000
    assert found.data.read == 2_500
    with pytest.raises(InputError) as caught:
        Store(tmp_path / "home").create_audit(open_data(lazy, tmp_path), Plan())
    assert caught.value.code == "live_frame"
