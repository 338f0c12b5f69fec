"""A Dask scheduler that is given by its address: it runs elsewhere, and its workers know nothing of this program."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pytest

import audit
from audit.engines.catalogue import make
from audit.engines.protocol import Files, Held, Key
from audit.errors import EngineError
from audit.plan import Plan, Roles
from tests.commands import frame

pytestmark = pytest.mark.filterwarnings("ignore")

SCHEDULER = """
import sys, time
from distributed import LocalCluster
cluster = LocalCluster(
    n_workers=1, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp", host="127.0.0.1"
)
print(cluster.scheduler_address, flush=True)
sys.stdin.read()
"""


def scheduler(folder):
    """Start a scheduler with a worker in a process that finds this program nowhere."""
    pytest.importorskip("distributed")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    started = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SCHEDULER],
        cwd=folder,
        env=kept,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return started, started.stdout.readline().strip()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    started, where = scheduler(tmp_path_factory.mktemp("elsewhere"))
    assert where.startswith("tcp://127.0.0.1:")
    yield where
    started.kill()
    started.wait()


@pytest.fixture(scope="module")
def engine(address):
    found = make("dask", address)
    yield found
    found.client.close()


@pytest.fixture(scope="module")
def people():
    return frame(1_500)


@pytest.fixture(scope="module")
def csv(people, tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "people.csv"
    arrow_csv.write_csv(pa.Table.from_pandas(people, preserve_index=False), path)
    return Files(paths=(str(path),), format="csv")


def test_an_audit_keeps_to_one_client(engine, address):
    assert engine.client.scheduler.address == address
    assert make("dask", address).client is engine.client
    assert make("dask").client is engine.client


def test_files_are_looked_at_counted_and_drawn_from_there(engine, csv, people):
    looked = engine.look(csv)
    kinds = {column.name: column.dtype for column in looked.columns}
    assert (kinds["age"], kinds["score"], kinds["sex"]) == ("int64", "double", "string")
    counted = engine.count(looked, [Key(column="sex"), Key(column="age", cuts=(40.0,))])
    assert dict(zip(counted.keys, counted.n.tolist(), strict=True)) == {
        (sex, int(old)): n
        for (sex, old), n in people.groupby(["sex", people["age"] >= 40]).size().to_dict().items()
    }
    assert engine.quantiles(looked, "age", (0.5,)) == (np.median(people["age"]),)
    drawn = engine.draw(looked, ["x", "sex"], rows=300, of=len(people), seed=5)
    assert drawn.num_rows == 300
    assert drawn.equals(engine.draw(looked, ["x", "sex"], rows=300, of=len(people), seed=5))


def test_a_fingerprint_is_the_same_wherever_it_is_taken(engine, csv, people):
    import dask
    import dask.dataframe as dd

    looked = engine.look(csv)
    first = engine.fingerprint(looked)
    held = engine.look(Held(frame=dd.from_pandas(people, npartitions=3)))
    there = engine.fingerprint(held)
    with dask.config.set(scheduler="synchronous"):
        rows = engine._opened(held).compute()
    mixed = engine.look(Held(frame=dd.from_pandas(rows.sample(frac=1.0, random_state=0), npartitions=2)))
    assert engine.fingerprint(looked) == first
    assert engine.fingerprint(mixed) == there


def test_a_data_frame_is_audited_by_the_scheduler_that_is_named(engine, address, people, monkeypatch):
    import dask.dataframe as dd

    monkeypatch.setenv("EVENHAND_DASK", address)
    small = people[["label", "decision", "sex"]]
    plan = Plan(roles=Roles(label="label", decision="decision", sensitive=("sex",)), replicates=100)
    found = audit.run(dd.from_pandas(small, npartitions=2), plan)
    assert found.data.engine == "dask"
    assert found.cells.to_dict() == audit.run(small, plan).cells.to_dict()


def test_work_that_the_workers_cannot_read_is_told_in_a_sentence(engine, people):
    import dask.dataframe as dd

    here_only = dd.from_pandas(people, npartitions=2).map_partitions(
        audit.data.profile.profile_table, meta=people
    )
    with pytest.raises(EngineError, match="workers cannot read the work that is sent") as caught:
        engine.count(Held(frame=here_only), [Key(column="sex")])
    assert caught.value.code == "engine_differs"


def test_a_scheduler_that_is_lost_is_told_in_a_sentence(people, tmp_path):
    import dask
    import dask.dataframe as dd

    started, where = scheduler(tmp_path)
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        lost = make("dask", where)
        held = lost.look(Held(frame=dd.from_pandas(people, npartitions=2)))
        assert lost.count(held, [Key(column="sex")]).n.sum() == len(people)
        started.kill()
        started.wait()
        with pytest.raises(EngineError, match="The Dask scheduler does not answer any more") as caught:
            lost.count(held, [Key(column="sex")])
        lost.client.close(timeout=1)
    assert caught.value.code == "engine_unreachable"


@pytest.mark.parametrize("where", ["nowhere at all", "tcp://"])
def test_nobody_at_an_address(where):
    with pytest.raises(EngineError, match="Nobody answers as a Dask scheduler") as caught:
        make("dask", where)
    assert caught.value.code == "engine_unreachable"
