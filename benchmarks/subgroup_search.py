"""What a search over subgroups costs beside the group-bys of pandas that count the same subgroups.

Run ``python benchmarks/subgroup_search.py --rows 1000000``. Both count the people of every subgroup of up to three of
eight columns by half, label and decision. The search here reads the Parquet file, deals the halves, tests every subgroup
and keeps the table; pandas starts from a frame in memory whose halves are dealt already, and only groups and counts. The
last line is pandas with its columns as categories, its fastest form; making them is not counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from audit.data.ingest import ingest_frame
from audit.engines.duckdb_engine import DuckDBEngine
from audit.gather.searched import gather
from audit.gather.sources import stored
from audit.grouping import rules
from audit.plan import Plan, Roles, Search
from audit.roles import check_roles

COLUMNS = tuple(f"c{i}" for i in range(8))


def people(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {name: rng.choice(["red", "green", "blue", "grey"], rows, p=[0.4, 0.3, 0.2, 0.1]) for name in COLUMNS}
    )
    frame["y"] = rng.integers(0, 2, rows)
    frame["d"] = np.where(rng.random(rows) < 0.25, 1 - frame["y"], frame["y"])
    return frame


def searched(path_of: Path, frame: pd.DataFrame) -> tuple[float, int]:
    """CPU seconds of the search, and how many subgroups it tested."""
    dataset = ingest_frame(frame, path_of)
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=("c0",)),
        search=Search(columns=COLUMNS, min_size=1),
    )
    engine = DuckDBEngine()
    source = stored(dataset, plan, check_roles(dataset, plan), rules(dataset, plan, engine), engine)
    gather(source)  # what is loaded once is loaded now
    start = time.process_time()
    table = gather(source)
    assert table is not None
    return time.process_time() - start, table.m


def grouped(frame: pd.DataFrame) -> tuple[float, int]:
    """CPU seconds of the group-bys, and how many subgroups they counted."""
    start = time.process_time()
    found = 0
    for depth in (1, 2, 3):
        for columns in combinations(COLUMNS, depth):
            counted = frame.groupby([*columns, "half", "y", "d"], observed=True).size()
            found += len(counted) // 8
    return time.process_time() - start, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    frame = people(rows)
    with tempfile.TemporaryDirectory() as folder:
        ours, tested = searched(Path(folder), frame)
    frame["half"] = np.random.default_rng(1).integers(0, 2, rows)
    plain, counted = grouped(frame)
    categories, _ = grouped(frame.astype(dict.fromkeys(COLUMNS, "category")))
    print(f"{rows:,} rows, {counted:,} subgroups ({tested:,} tested)")
    print(f"search            {ours:8.2f} s CPU")
    print(f"pandas            {plain:8.2f} s CPU  {plain / ours:6.1f} x")
    print(f"pandas categories {categories:8.2f} s CPU  {categories / ours:6.1f} x")


if __name__ == "__main__":
    main()
