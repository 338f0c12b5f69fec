"""What an audit costs, beside one plain Fairlearn MetricFrame over the same rows.

Prints CPU seconds of this process (imports and the making of the data left out), their ratios, and the largest
difference between the values. Run it with ``make bench`` or ``python benchmarks/audit_cost.py [rows] [repeats]``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audit.data.dataset import Dataset
from audit.data.ingest import ingest
from audit.plan import Plan, Roles
from audit.run import run

GROUPS = 16


def make_rows(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, GROUPS, n)
    label = rng.random(n) < 0.3 + 0.02 * group
    decision = rng.random(n) < np.where(label, 0.6 + 0.015 * group, 0.15)
    return pd.DataFrame(
        {"group": [f"g{i:02d}" for i in group], "label": label.astype(int), "decision": decision.astype(int)}
    )


def plain_metric_frame(frame: pd.DataFrame) -> pd.DataFrame:
    from fairlearn import metrics as fm
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import accuracy_score, precision_score, zero_one_loss

    metrics = {
        "base_rate": lambda y_true, y_pred: fm.selection_rate(y_pred, y_true),
        "selection_rate": fm.selection_rate,
        "accuracy": accuracy_score,
        "error_rate": zero_one_loss,
        "true_positive_rate": fm.true_positive_rate,
        "false_positive_rate": fm.false_positive_rate,
        "true_negative_rate": fm.true_negative_rate,
        "false_negative_rate": fm.false_negative_rate,
        "precision": precision_score,
        "negative_predictive_value": lambda y_true, y_pred: precision_score(y_true, y_pred, pos_label=0),
        "false_discovery_rate": lambda y_true, y_pred: 1 - precision_score(y_true, y_pred),
        "false_omission_rate": lambda y_true, y_pred: 1 - precision_score(y_true, y_pred, pos_label=0),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MetricFrame(
            metrics=metrics,
            y_true=frame["label"],
            y_pred=frame["decision"],
            sensitive_features=frame["group"],
        ).by_group


def cpu(work) -> tuple[float, object]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    frame = make_rows(n)
    plan = Plan(
        roles=Roles(label="label", decision="decision", sensitive=("group",)),
        replicates=1000,
        dated="2026-01-01",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        frame.to_parquet(path)
        ingest_cpu, dataset = cpu(lambda: ingest(path, Path(folder)))
        assert isinstance(dataset, Dataset)
        run(dataset, plan)  # the first call imports
        costs = []
        for _ in range(repeats):
            cost, result = cpu(lambda: run(dataset, plan))
            costs.append(cost)
    plain_metric_frame(frame.head(1000))
    theirs, by_group = cpu(lambda: plain_metric_frame(frame))
    ours = statistics.median(costs)
    worst = 0.0
    for row in result.metrics:
        if row.group is not None and row.metric != "count" and row.value is not None:
            worst = max(worst, abs(row.value - float(by_group.loc[row.group[0], row.metric])))
    print(f"{n:,} rows, {GROUPS} groups, {plan.replicates:,} replicates; CPU seconds")
    print(f"  ingest (once)            {ingest_cpu:8.2f}")
    print(f"  audit, median of {repeats}       {ours:8.3f}   (min {min(costs):.3f}, max {max(costs):.3f})")
    print(f"  MetricFrame on the rows  {theirs:8.2f}")
    print(f"  ratio                    {theirs / ours:8.0f} : 1")
    print(f"  largest difference       {worst:8.1e}")


if __name__ == "__main__":
    main()
