"""Data with a subgroup planted in them, and tables of subgroups counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from audit.cells import Attribute
from audit.data.ingest import ingest_frame
from audit.disparity.subgroups import discovery_p, subgroup_rows
from audit.engines.duckdb_engine import DuckDBEngine
from audit.gather.searched import gather
from audit.gather.sources import stored
from audit.grouping import rules
from audit.plan import Plan, Roles, Search
from audit.roles import check_roles
from audit.tables.searched import Searched

COLUMNS = ("sex", "age", "degree", "region", "job", "married")


def planted(n=20_000, *, seed=0, effect=0.15):
    """Six columns; decisions about women without a degree are wrong more often."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["Female", "Male"], n),
            "age": rng.integers(18, 80, n),
            "degree": rng.choice(["None", "BA", "MA"], n, p=[0.5, 0.3, 0.2]),
            "region": rng.choice(list("NESW"), n),
            "job": rng.choice([f"j{i}" for i in range(20)], n),
            "married": rng.choice(["y", "n", None], n, p=[0.45, 0.45, 0.1]),
        }
    )
    y = rng.integers(0, 2, n)
    wrong = rng.random(n) < 0.2 + effect * ((frame.sex == "Female") & (frame.degree == "None"))
    return frame.assign(y=y, d=np.where(wrong, 1 - y, y))


def audited(frame, folder, *, search=None, **roles):
    dataset = ingest_frame(frame, folder)
    plan = Plan(
        roles=Roles(label="y", decision="d", **{"sensitive": ("sex",), **roles}),
        search=search or Search(columns=COLUMNS),
    )
    engine = DuckDBEngine()
    return stored(dataset, plan, check_roles(dataset, plan), rules(dataset, plan, engine), engine)


def found(source):
    table = gather(source)
    return table, subgroup_rows(table, source.plan)


def by_name(table):
    """Counts by (column, value) pairs, whatever the order of the columns."""
    names = [attribute.column for attribute in table.attributes]
    return {
        frozenset(
            (names[a], table.attributes[a].levels[code]) for a, code in enumerate(codes) if code >= 0
        ): (*first, *second)
        for codes, first, second in zip(
            table.codes.tolist(), table.first.tolist(), table.second.tolist(), strict=True
        )
    }


def small(codes, first, second, total, *, metric="error_rate", levels=("a", "b")):
    """A table of two columns with two levels by hand: rows in the denominator and the numerator."""
    attributes = tuple(Attribute(column=name, levels=levels) for name in ("g", "h"))
    first, second, total = (
        np.array([[n, n, k, n] for n, k in rows], dtype=float) for rows in (first, second, total)
    )
    p = discovery_p(first, total[0], 1.0)
    rank = np.empty(len(p), dtype=int)
    rank[np.argsort(p, kind="stable")] = np.arange(1, len(p) + 1)
    codes = np.array(codes)
    return Searched(
        attributes=attributes,
        joined=("", ""),
        metric=metric,
        tested=tuple(int(((codes >= 0).sum(axis=1) == d).sum()) for d in (1, 2)),
        sizes=(100, 100, 500),
        weighted=False,
        design=1.0,
        codes=codes,
        rank=rank,
        first=first,
        second=second,
        total=total,
    )


def by_hand():
    """Of 1,000 people in each half 100 are a × a; half of the decisions about them are wrong, a tenth of the others."""
    codes = [[0, -1], [-1, 0], [0, 0], [1, -1], [-1, 1]]
    counts = [(500, 90), (500, 90), (100, 50), (500, 50), (500, 50)]
    return small(codes, counts, counts, [(1_000, 140), (1_000, 140)])


PLAN = Plan(search=Search(columns=("g", "h")))
