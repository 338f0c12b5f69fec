"""A table with everything that models must cope with, and models trained on it, for the tests of files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from audit.models.baseline import fit_baseline
from audit.models.outputs import interpret
from audit.models.skops_file import inspect_skops, load_estimator, score_skops
from audit.models.skops_file import prepare as ready
from audit.models.split import TEST
from audit.plan import ModelChoice, Plan, Roles

ALGORITHMS = ("logistic_regression", "gradient_boosting", "mlp")
EXACT = {"logistic_regression": 1e-9, "gradient_boosting": 1e-9, "mlp": 1e-6}


def frame(n, seed, *, odd=False):
    """Numbers with gaps, truth values, and levels: frequent, rare, missing, and all of these together."""
    rng = np.random.default_rng(seed)
    towns = [f"t{i}" for i in range(40)]
    table = pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.integers(18, 80, n)),
            "x": rng.normal(size=n),
            "flag": rng.random(n) < 0.3,
            "gap": rng.choice(["x", "y", None, "z"], n),
            "rare": rng.choice(towns, n, p=[*np.full(10, 0.09), *np.full(30, 0.1 / 30)]),
            "both": rng.choice(["u", "v", None, "w", "q"], n, p=[0.4, 0.3, 0.2, 0.098, 0.002]),
            "full": rng.choice(["k", "l"], n),
        }
    )
    if odd:
        table["messy"] = rng.choice([" a", "a", "1.0", "1", None, "b "], n)
    return table


def trained(algorithm, *, odd=False, n=1500):
    table = frame(n, 0, odd=odd)
    noise = np.random.default_rng(9).normal(size=n)
    label = (table["x"] + (table["gap"] == "x") + 0.5 * table["flag"] + noise > 0.5).astype(int)
    return fit_baseline(algorithm, table, label.to_numpy(), seed=0), table


def strange(*, odd=False):
    """Rows that training has not seen the like of."""
    table = frame(600, 1, odd=odd)
    for name in ("gap", "rare", "both", "full"):
        table.loc[:4, name] = "never seen"
        table.loc[5:9, name] = None
    table.loc[10:20, ["x", "age"]] = np.nan
    return table


def through_the_door(content, rows, folder, *, positive="1", columns=()):
    """Open a skops file and run it on rows as the worker process does."""
    path = folder / "model.skops"
    path.write_bytes(content)
    described = inspect_skops(path, name=path.name, limit=10**9)
    estimator, _ = load_estimator(path, name=path.name)
    names = described["feature_names"] or list(columns)
    types = [each["dtype"] for each in described["inputs"]]
    answers = score_skops(estimator, ready(rows[names], types, named=described["named"]), lambda _: None)
    return interpret(answers, positive=positive, n_rows=len(rows)), described


def people(n=1500, seed=0):
    rng = np.random.default_rng(seed)
    table = frame(n, seed)
    sex = np.where(rng.random(n) < 0.4, "f", "m")
    label = table["x"] + 0.6 * (sex == "m") + rng.normal(size=n) > 0.6
    part = np.where(np.arange(n) % 5 < 3, "train", np.where(np.arange(n) % 5 == 3, "valid", "test"))
    return table.assign(sex=sex, hired=np.where(label, "yes", "no"), part=part)


def decided_by_file(adopted, first, folder, *, positive="1"):
    """Decide about the test rows with the model file and the threshold of the plan beside it."""
    rows = first.bench.frame.loc[first.bench.rows(TEST)]
    plan = Plan.from_json(adopted.files["plan.json"].decode())
    scored, _ = through_the_door(
        adopted.files["model.skops"], rows, folder, positive=positive, columns=plan.roles.features
    )
    if scored.score is None:
        return scored.decision
    return (scored.score >= plan.roles.threshold).astype(int)


def plan_of(**changed):
    roles = Roles(label="hired", positive="yes", sensitive=("sex",), split="part", threshold=0.4)
    model = ModelChoice(kind="train", algorithm="logistic_regression")
    return replace(Plan(roles=roles, model=model, dated="2026-01-01", replicates=100), **changed)
