"""What generated rows change for people, against copies and weights, on the same rows, splits and seeds.

Adult income by sex, ACS employment by disability, COMPAS by race; gradient boosting, trained again on the treated rows.
Every seed has a split of its own, which all methods share. Nothing is tuned. Run it with
``python benchmarks/generators_fairness.py --seeds 5 --keep docs/generators.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audit.data.samples import sample
from audit.mitigation.catalogue import make
from audit.mitigation.repair import Aids, Task
from audit.mitigation.synthesis import augment
from audit.mitigation.synthesis.tuning import gaps, rates
from audit.mitigation.table import TrainingTable
from audit.models.baseline import fit_baseline
from audit.progress import silent

SETS = {
    "adult": ("sex", 12_000, 4_000),
    "acs_employment": ("disability", 12_000, 4_000),
    "compas": ("race", 4_300, 1_000),
}
METHODS = (
    "none",
    "reweighing",
    "resampling",
    "interpolation",
    "tree_augmentation",
    "gan",
    "private_augmentation",
)
FEW = 300


def read(name: str, column: str):
    found = sample(name)
    frame = pd.read_parquet(found.path) if str(found.path).endswith("parquet") else pd.read_csv(found.path)
    roles = found.plan.roles
    label = (frame[roles.label].astype(str) == str(roles.positive)).to_numpy(dtype=np.int8)
    texts = frame[column].astype(str)
    counts = texts.value_counts()
    texts = texts.where(texts.map(counts) >= FEW, "Other")
    levels = sorted(texts.unique())
    group = texts.map({level: code for code, level in enumerate(levels)}).to_numpy(dtype=np.int64)
    features = [feature for feature in roles.features if feature != column]
    return frame[features], label, group, tuple((level,) for level in levels), roles.favourable


def tables(data, seed: int, train: int, validation: int):
    frame, label, group, groups, _ = data
    order = np.random.default_rng(seed).permutation(len(label))
    parts = np.split(order, [train, train + validation])
    return [
        TrainingTable(
            frame=frame.iloc[rows].reset_index(drop=True),
            label=label[rows],
            group=group[rows],
            groups=groups,
            weight=np.ones(len(rows)),
        )
        for rows in parts
    ]


def tried(name: str, seed: int, methods) -> list[dict]:
    column, n_train, n_validation = SETS[name]
    data = read(name, column)
    train, validation, test = tables(data, seed, n_train, n_validation)

    def fit(rows, label, weight, progress):
        del progress
        return fit_baseline("gradient_boosting", rows, label, weight=weight, seed=seed)

    base = fit(train.frame, train.label, train.weight, silent)
    task = Task(
        train=train,
        validation=validation,
        fit=fit,
        base=base,
        threshold=0.5,
        favourable=data[-1],
        seed=seed,
        aids=Aids(secret=b"not a secret: public data"),
    )
    found = []
    for method in methods:
        start = time.process_time()
        fitted = base if method == "none" else make(method, {}).repair(task, progress=silent).fitted
        measured, accuracy = rates(task, fitted, test)
        selection, chance = gaps(measured)
        found.append(
            {
                "part": "fairness",
                "set": name,
                "name": method,
                "seed": seed,
                "cpu": time.process_time() - start,
                "accuracy": accuracy,
                "selection_gap": selection,
                "opportunity_gap": chance,
                "selection": measured[0].tolist(),
                "opportunity": measured[1].tolist(),
                "groups": [group[0] for group in data[3]],
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--only", default=",".join(METHODS))
    parser.add_argument("--keep", default="")
    asked = parser.parse_args()
    # The quality of made rows is measured by another script.
    augment._quality = lambda *_, **__: ({}, None)  # noqa: SLF001
    for seed in range(asked.first, asked.first + asked.seeds):
        for name in asked.sets.split(","):
            for entry in tried(name, seed, asked.only.split(",")):
                print(json.dumps(entry), flush=True)
                if asked.keep:
                    with Path(asked.keep).open("a", encoding="utf-8") as file:
                        file.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    main()
