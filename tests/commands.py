"""A small table and the command line run on it, for the tests of both."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from audit import cli

FILES = ["audit.json", "plan.json", "report.pdf"]


def frame(n=400, seed=0, gap=0.0):
    rng = np.random.default_rng(seed)
    group = np.where(np.arange(n) % 2, "a", "b")
    label = (np.arange(n) // 2) % 2
    chance = np.where(label == 1, 0.8, 0.2) - gap * (group == "b")
    decision = (rng.random(n) < np.clip(chance, 0, 1)).astype(int)
    return pd.DataFrame(
        {
            "label": label,
            "decision": decision,
            "score": np.round(np.clip(0.6 * decision + 0.4 * rng.random(n), 0, 1), 6),
            "group": group,
            "sex": np.where(rng.random(n) < 0.5, "f", "m"),
            "age": rng.integers(18, 90, n),
            "weight": np.round(rng.gamma(2, 1, n), 3),
            "x": rng.normal(size=n).round(4) + label,
            "split": np.where(
                np.arange(n) % 5 < 3, "train", np.where(np.arange(n) % 5 == 3, "valid", "test")
            ),
        }
    )


BASIC = ["--label", "label", "--positive", "1", "--decision", "decision", "--sensitive", "group"]


def run(data, out, *words):
    return cli.main(["run", "--data", str(data), "--out", str(out), "--quiet", *words])


def written(out):
    assert sorted(path.name for path in out.iterdir()) == FILES
    return json.loads((out / "audit.json").read_text(encoding="utf-8"))


def rows(audit, kind, **wanted):
    return [row for row in audit[kind] if all(row[key] == value for key, value in wanted.items())]


def exactly(tmp_path, *groups):
    """A file with exactly these cells (TN, FP, FN, TP) for each group."""
    table = [
        {"label": label, "decision": decision, "group": f"g{at}"}
        for at, (tn, fp, fn, tp) in enumerate(groups)
        for label, decision, n in ((0, 0, tn), (0, 1, fp), (1, 0, fn), (1, 1, tp))
        for _ in range(n)
    ]
    path = tmp_path / "cells.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    return path
