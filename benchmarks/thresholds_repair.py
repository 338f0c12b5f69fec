"""What thresholds by group and reductions change on Adult income by sex, and what they cost.

A gradient boosting that sees sex is trained on 70 of 100 training rows; thresholds are set on the rest and measured on
the source's test rows, by the mean over draws. Prints accuracy, gaps and CPU seconds, and holds the linear programme
against Fairlearn's ThresholdOptimizer on the same rows. Run it with
``python benchmarks/thresholds_repair.py [seed] [--reductions]``.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

from audit.data.samples import sample
from audit.mitigation.catalogue import make
from audit.mitigation.repair import Scores, Task
from audit.mitigation.table import TrainingTable
from audit.models.baseline import fit_baseline
from audit.progress import silent

HERE = Path(__file__).resolve().parent.parent
GROUPS = (("Female",), ("Male",))

POST = (
    ("threshold_programme", {"constraint": "odds", "draw": True}),
    ("threshold_programme", {"constraint": "odds", "draw": True, "tolerance": 0.05}),
    ("threshold_programme", {"constraint": "odds"}),
    ("threshold_optimizer", {"constraint": "odds"}),
    ("threshold_programme", {"draw": True}),
    ("threshold_programme", {}),
    ("threshold_optimizer", {}),
    ("threshold_programme", {"draw": True, "tolerance": 0.05}),
    ("threshold_optimizer", {"tolerance": 0.05}),
    ("threshold_programme", {"draw": True, "keep_chances": True}),
    ("threshold_programme", {"constraint": "selection", "draw": True}),
    ("threshold_programme", {"constraint": "selection", "draw": True, "tolerance": 0.05}),
    ("threshold_programme", {"constraint": "selection"}),
    ("threshold_optimizer", {"constraint": "selection"}),
    ("threshold_programme", {"constraint": "error", "draw": True}),
    ("calibrated_odds", {}),
    ("reject_option", {}),
    ("reject_option", {"constraint": "opportunity"}),
)
IN = (
    ("exponentiated_gradient", {}),
    ("exponentiated_gradient", {"draw": True}),
    ("exponentiated_gradient", {"constraint": "odds"}),
    ("exponentiated_gradient", {"constraint": "odds", "draw": True}),
    ("grid_search", {}),
)


def adult(seed: int, *, share: float = 0.7) -> tuple[Task, TrainingTable]:
    frame = pd.read_parquet(HERE / "sample_data" / "adult" / "adult.parquet")
    label = (frame["income"] == ">50K").to_numpy(dtype=np.int8)
    group = (frame["sex"] == "Male").to_numpy(dtype=np.int64)
    tested = (frame["split"] == "test").to_numpy()
    frame = frame[[*(sample("adult").plan.roles.features or ()), "sex", "race"]]
    order = np.random.default_rng(seed).permutation(np.flatnonzero(~tested))
    n = int(share * len(order))

    def table(rows: np.ndarray) -> TrainingTable:
        return TrainingTable(
            frame=frame.iloc[rows].reset_index(drop=True),
            label=label[rows],
            group=group[rows],
            groups=GROUPS,
            weight=np.ones(len(rows)),
        )

    def fit(rows, labels, weight, progress):
        return fit_baseline("gradient_boosting", rows, labels, weight=weight, seed=seed, progress=progress)

    train = table(order[:n])
    task = Task(
        train=train,
        validation=table(order[n:]),
        fit=fit,
        base=fit(train.frame, train.label, train.weight, silent),
        threshold=0.5,
        favourable="positive",
        seed=seed,
    )
    return task, table(np.flatnonzero(tested))


def measured(chance: np.ndarray, rows: TrainingTable) -> list[float]:
    """Give accuracy, three gaps and both true positive rates, in the mean over draws."""
    y, g = rows.label == 1, rows.group
    rate = [[chance[(g == k) & part].mean() for k in (0, 1)] for part in (np.ones_like(y), y, ~y)]
    gaps = [abs(one[1] - one[0]) for one in rate]
    return [float(np.where(y, chance, 1 - chance).mean()), *map(float, gaps), *map(float, rate[1])]


def scores_of(task: Task) -> Scores:
    rows = task.tuning
    return Scores(
        score=task.base.score(rows.frame),
        label=rows.label,
        group=rows.group,
        groups=rows.groups,
        weight=rows.weight,
        threshold=0.5,
    )


def show(name: str, values: list[float], seconds: float) -> None:
    print(f"{name:62}" + "".join(f"{value:8.4f}" for value in values) + f"{seconds:9.3f}")


def main() -> None:
    given = [word for word in sys.argv[1:] if not word.startswith("--")]
    seed = int(given[0]) if given else 0
    task, test = adult(seed)
    score = task.base.score(test.frame)
    scores = scores_of(task)
    print(f"{'':62}    acc     ΔSR    ΔTPR    ΔFPR   TPR F   TPR M    CPU s")
    show("before", measured((score >= 0.5).astype(float), test), 0.0)
    make("threshold_optimizer").adjust(scores, seed=seed, progress=silent)  # imports are not the method's
    make("threshold_programme").adjust(scores, seed=seed, progress=silent)
    for name, params in POST:
        start = time.process_time()
        found = make(name, params).adjust(scores, seed=seed, progress=silent)
        seconds = time.process_time() - start
        words = ", ".join(f"{key}={value}" for key, value in params.items())
        show(f"{name} {words}", measured(found.rule.probability(score, test.group), test), seconds)
    if "--reductions" in sys.argv:
        for name, params in IN:
            start = time.process_time()
            repaired = make(name, params).repair(task, progress=silent)
            seconds = time.process_time() - start
            words = ", ".join(f"{key}={value}" for key, value in params.items())
            decided = repaired.decide(test.frame, test.group).astype(float)
            show(f"{name} {words}", measured(decided, test), seconds)
    one_solution(scores)


def one_solution(scores: Scores) -> None:
    """Time one solution of the programme, without the curve over tolerances, against Fairlearn's."""
    from audit.mitigation.hull.aims import Aim
    from audit.mitigation.hull.peer import CONSTRAINTS, optimize, stand_ins
    from audit.mitigation.hull.programme import solve
    from audit.mitigation.hull.setting import pose

    print("\nOne solution, median CPU seconds of 9")
    rows, _ = stand_ins(scores, [0, 1])
    for name in ("opportunity", "selection", "odds"):
        times: list[list[float]] = [[], []]
        for _ in range(9):
            start = time.process_time()
            solve(pose(scores, Aim(id=name, favourable="positive")), 0.0)
            middle = time.process_time()
            constraint = CONSTRAINTS[name, "positive"]
            optimize(scores, rows, constraint=constraint, objective="accuracy_score", tolerance=None)
            times[0].append(middle - start)
            times[1].append(time.process_time() - middle)
        ours, theirs = (float(np.median(part)) for part in times)
        print(f"{name:12} programme {ours:.4f}   ThresholdOptimizer {theirs:.4f}   ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
