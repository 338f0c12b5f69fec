"""What follows from the cells: every rate, interval and disparity of 100 groups, with 1,000 replicates.

Run ``python benchmarks/cells_to_audit.py [groups]``. No row is touched, so the number of people plays no part: the cells
are counted in ten, a thousand and a hundred million people. Fairlearn's check, once for each audit, is not in it. CPU is
the median of nine runs, with what earlier runs drew forgotten.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audit.cells import Attribute, Cells
from audit.disparity import chance, compare
from audit.plan import Plan, Roles
from audit.result import assemble
from audit.rows import Authority, DataRecord, ModelRecord


def cells_of(groups: int, people: float) -> Cells:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(groups * 4, 8.0)).reshape(groups, 2, 2)
    n = np.maximum(np.rint(shares * people), 30)
    levels = tuple(f"g{i:03d}" for i in range(groups))
    return Cells(
        attributes=(Attribute(column="g", levels=levels, missing=None),),
        groups=tuple((level,) for level in levels),
        n=n,
        w=n,
        w2=n,
    )


def main() -> None:
    groups = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    plan = Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=1000, dated="2026-01-01")
    print(f"{groups} groups, {plan.replicates:,} replicates; CPU milliseconds")
    print("people         metrics and disparities   the whole audit")
    for people in (1e5, 1e6, 1e8):
        cells = cells_of(groups, people)
        total = int(cells.n.sum())

        def rows(cells: Cells = cells) -> None:
            compare.metric_rows(cells, plan)
            compare.disparity_rows(cells, plan)

        def whole(cells: Cells = cells, total: int = total) -> None:
            assemble(
                plan=plan,
                data=DataRecord(name="d", fingerprint="0" * 64, read=total, audited=total),
                model=ModelRecord(title="m", kind="column"),
                cells=cells,
                tried=(),
                authority=Authority(version="", checked=0, largest_difference=0.0, undefined=0),
                versions={},
            )

        costs = []
        for work in (rows, whole):
            work()
            each = []
            for _ in range(9):
                chance.forget_draws()
                start = time.process_time()
                work()
                each.append(time.process_time() - start)
            costs.append(1000 * statistics.median(each))
        print(f"{people:<14,.0f} {costs[0]:23.0f} {costs[1]:17.0f}")


if __name__ == "__main__":
    main()
