"""What each way of training a network does on Adult by sex, over splits, beside the same network without it.

Prints for each method the mean over splits of accuracy, worst group and signed gaps (men less women) on the test rows
with 95 % t-intervals, then how a table with a shortcut is recovered from, what changed inputs do, and what the curves
by epoch cost. Run it with ``python benchmarks/networks.py [splits]``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audit.mitigation.catalogue import make
from audit.mitigation.networks.lesson import PLAIN, Lesson, learn, lesson
from audit.models.networks import trainer
from audit.models.networks.trainer import Objective
from audit.progress import silent
from tests.splits import adult, measured, shortcut

METHODS: tuple[tuple[str, str, dict], ...] = (
    ("its own curves (regularised, usual settings)", "regularised_network", {}),
    ("L1 0.001", "regularised_network", {"l1": 0.001}),
    ("dropout 0.5", "regularised_network", {"dropout": 0.5}),
    ("penalty, selection, 0.5", "fair_loss", {"aim": "selection", "mode": "fixed", "strength": 0.5}),
    ("penalty, selection, 5", "fair_loss", {"aim": "selection", "mode": "fixed", "strength": 5.0}),
    ("penalty, chances, chosen", "fair_loss", {}),
    ("penalty, chances, 5", "fair_loss", {"mode": "fixed", "strength": 5.0}),
    ("penalty, chances, within 1 point", "fair_loss", {"mode": "tolerance", "tolerance": 0.01}),
    ("penalty, odds, 5", "fair_loss", {"aim": "odds", "mode": "fixed", "strength": 5.0}),
    ("adversary, chances, 2", "adversarial_debiasing", {}),
    ("adversary, chances, 2, projected", "adversarial_debiasing", {"projection": True}),
    ("adversary, odds, 0.5", "adversarial_debiasing", {"aim": "odds", "alpha": 0.5}),
    ("adversary, odds, 2", "adversarial_debiasing", {"aim": "odds"}),
    ("group DRO", "group_dro", {}),
    ("active sampling", "group_dro", {"way": "sampling"}),
    ("smooth maximum", "group_dro", {"way": "maximum"}),
    ("against changes of 0.1", "robust_training", {}),
    ("against changes of 0.3", "robust_training", {"size": 0.3}),
)
KEYS = ("accuracy", "worst", "selection", "opportunity")


def interval(values: list[float]) -> str:
    mean, half = np.mean(values), 0.0
    if len(values) > 1:
        half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5
    return f"{mean:+.3f} ± {half:.3f}"


def plain(split) -> dict[str, float]:
    task, test = split
    return measured((task.base.score(test.frame) >= 0.5).astype(np.int8), test)


def over_splits(splits: int) -> None:
    found: dict[str, list[dict[str, float]]] = {"the network without it": []}
    spent: dict[str, list[float]] = {}
    held: dict[str, list[dict[str, float]]] = {}
    for seed in range(splits):
        split = adult(seed)
        task, test = split
        found["the network without it"].append(plain(split))
        for title, name, params in METHODS:
            began = time.process_time()
            repaired = make(name, params).repair(task, progress=silent)
            spent.setdefault(title, []).append(time.process_time() - began)
            found.setdefault(title, []).append(measured(repaired.decide(test.frame, test.group), test))
            held.setdefault(title, []).append(dict(repaired.measured))
    print(f"Adult by sex, {splits} splits: mean ± half of the 95 % interval\n")
    print("| training | accuracy | worst group | selection gap | chances gap | accuracy lost | CPU s |")
    print("|---|---|---|---|---|---|---|")
    base = found["the network without it"]
    for title, rows in found.items():
        lost = [one["accuracy"] - other["accuracy"] for one, other in zip(base, rows, strict=True)]
        cells = [interval([row[key] for row in rows]) for key in KEYS]
        cpu = f"{np.mean(spent[title]):.1f}" if title in spent else ""
        print(f"| {title} | {' | '.join(cells)} | {interval(lost)} | {cpu} |")
    for title, rows in held.items():
        for name in (
            "adversary_auc",
            "robust_accuracy_before",
            "robust_accuracy",
            "robust_disparity_before",
            "robust_disparity",
        ):
            known = [row[name] for row in rows if name in row]
            if known:
                print(f"{title}, {name}: {interval(known)}")


def with_a_shortcut(splits: int) -> None:
    print(
        f"\nA shortcut that fails outside training, {splits} draws: accuracy and worst group on the test rows\n"
    )
    rows: dict[str, list[dict[str, float]]] = {}
    for seed in range(splits):
        split = shortcut(seed)
        task, test = split
        rows.setdefault("the network without it", []).append(plain(split))
        for way in ("weights", "sampling", "maximum"):
            repaired = make("group_dro", {"way": way}).repair(task, progress=silent)
            rows.setdefault(way, []).append(measured(repaired.decide(test.frame, test.group), test))
    for title, found in rows.items():
        print(f"{title}: {interval([r['accuracy'] for r in found])}, {interval([r['worst'] for r in found])}")


def cost_of_curves(taught: Lesson) -> None:
    """Time what is measured after each epoch beside the epochs themselves."""
    spent, real = 0.0, trainer.judge

    def timed(*args, **options):
        nonlocal spent
        began = time.process_time()
        judged = real(*args, **options)
        spent += time.process_time() - began
        return judged

    trainer.judge = timed
    try:
        began = time.process_time()
        learned = learn(taught, PLAIN, Objective(), progress=silent)
        whole = time.process_time() - began
    finally:
        trainer.judge = real
    epochs = len(learned.course.judged)
    print(
        f"\nCurves of {epochs} epochs took {spent:.3f} s of {whole:.2f} s of training ({100 * spent / whole:.1f} %)."
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    cost_of_curves(lesson(adult(0)[0]))
    with_a_shortcut(count)
    over_splits(count)
