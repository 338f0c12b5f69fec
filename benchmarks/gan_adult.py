"""How good rows made by the adversarial network are on Adult income by sex, and what each pre-processing changes.

Prints pair trends of the made rows against rows the network never saw, next to drawing every column by itself, and for
each pre-processing the accuracy and the gap in selection rates on the test rows with a 95 % interval of its change.
Run it with ``python benchmarks/gan_adult.py [epochs] [seed]``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audit.mitigation.catalogue import make
from audit.mitigation.synthesis.quality import compare_with, independent_donors
from audit.mitigation.table import TrainingTable
from audit.models.baseline import fit_baseline
from audit.progress import silent

TRAIN = 24_000
DRAWS = 400
HERE = Path(__file__).resolve().parent.parent


def read() -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    frame = pd.read_parquet(HERE / "sample_data" / "adult" / "adult.parquet")
    label = (frame.pop("income") == ">50K").to_numpy(dtype=np.int8)
    group = (frame.pop("sex") == "Male").to_numpy(dtype=np.int64)
    return frame, label, group, (frame.pop("split") == "test").to_numpy()


def against_hold_out(treated, frame, label, group) -> tuple[float, float, float]:
    """Compare made rows with real rows of the same mixture of cells that the network never saw."""
    made = treated.frame[treated.synthetic]
    made_cell = (treated.group * 2 + treated.label)[treated.synthetic]
    cell = np.concatenate([group * 2 + label, np.full(len(made), -1)])
    likeness = compare_with(pd.concat([frame, made], ignore_index=True), range(frame.shape[1]))
    share = np.bincount(made_cell, minlength=4) / np.bincount(cell[cell >= 0], minlength=4)
    weight = np.where(cell >= 0, share[cell], 0.0)
    donors = np.tile(np.arange(len(frame), len(cell))[:, None], frame.shape[1])
    alone = independent_donors(cell, made_cell, frame.shape[1], generator=np.random.default_rng(0))
    return (
        likeness.pair_trends(donors, weight),
        likeness.pair_trends(alone, weight),
        likeness.marginals(donors, weight),
    )


def gap(decision, group, rows=slice(None)) -> float:
    decision, group = decision[rows], group[rows]
    return decision[group == 1].mean() - decision[group == 0].mean()


def main() -> None:
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    frame, label, group, tested = read()
    generator = np.random.default_rng(seed)
    order = generator.permutation(np.flatnonzero(~tested))
    train, held, test = order[:TRAIN], order[TRAIN:], np.flatnonzero(tested)
    table = TrainingTable(
        frame=frame.iloc[train].reset_index(drop=True),
        label=label[train],
        group=group[train],
        groups=(("Female",), ("Male",)),
        weight=np.ones(TRAIN),
    )

    def decide(algorithm, rows, labels, weight):
        fitted = fit_baseline(algorithm, rows, labels, weight=weight, seed=seed)
        return (fitted.score(frame.iloc[test]) >= 0.5).astype(int)

    tries: list[tuple[str, dict]] = [("none", {}), ("reweighing", {})]
    tries += [
        (name, {"target": target}) for name in ("resampling", "gan") for target in ("base_rate", "cells")
    ]
    before = {}
    draws = generator.integers(0, len(test), (DRAWS, len(test)))
    for name, params in tries:
        treated = table
        if name != "none":
            given = {**params, "epochs": epochs} if name == "gan" else params
            start = time.process_time()
            treated = make(name, given).treat(table, seed=seed, progress=silent)
            spent = time.process_time() - start
            print(
                f"\n{name} {params}: {spent:.1f} CPU seconds, cells {[round(c.after) for c in treated.cells]}"
            )
        if name == "gan":
            pairs, alone, single = against_hold_out(treated, frame.iloc[held], label[held], group[held])
            print(
                f"  added rows against held-out rows: pairs {pairs:.3f}, alone {alone:.3f}, marginals {single:.3f}"
            )
            print("  " + ", ".join(f"{key} {value:.3f}" for key, value in treated.quality.items()))
        for algorithm in ("logistic_regression", "gradient_boosting"):
            decision = decide(algorithm, treated.frame, treated.label, treated.weight)
            old = before.setdefault(algorithm, decision)
            changes = [abs(gap(decision, group[test], d)) - abs(gap(old, group[test], d)) for d in draws]
            low, high = np.quantile(changes, [0.025, 0.975])
            rates = [decision[group[test] == code].mean() for code in (0, 1)]
            print(
                f"  {name:11s} {algorithm:20s} accuracy {np.mean(decision == label[test]):.4f}, selected women "
                f"{rates[0]:.3f} men {rates[1]:.3f}, gap {rates[1] - rates[0]:.3f}, change [{low:+.3f}, {high:+.3f}]"
            )


if __name__ == "__main__":
    main()
