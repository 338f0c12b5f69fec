"""How good and how dear the generators of rows are: on Adult, on columns of hundreds of levels, on 50,000 rows.

Every generator learns from the same rows and makes as many; quality is measured on real rows that none of them saw, by
``audit.mitigation.synthesis.panel``. Gradient boosting is scikit-learn's. Parts of the study are run one at a time and
kept in a file, a line each, from which ``docs/generators.md`` is written::

    python benchmarks/generators.py quality --seeds 5 --keep docs/generators.jsonl
    python benchmarks/generators.py levels --keep docs/generators.jsonl
    python benchmarks/generators.py large --keep docs/generators.jsonl
    python benchmarks/generators.py quality --seeds 3 --only private_1,private_3,private_10 --keep docs/generators.jsonl
    python benchmarks/generators.py ctgan --epochs 30 --python OTHER/bin/python --keep docs/generators.jsonl
    python benchmarks/generators_fairness.py --seeds 5 --keep docs/generators.jsonl
    python benchmarks/generators_page.py

``ctgan`` (Business Source License) is no dependency: it runs in an interpreter of its own, with torch 2.13.0 installed
first.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audit.mitigation.synthesis.coded import code_rows
from audit.mitigation.synthesis.likeness import pair_trends
from audit.mitigation.synthesis.maker import RowMaker, prepare
from audit.mitigation.synthesis.panel import Rows, measure_quality
from audit.mitigation.table import TrainingTable

HERE = Path(__file__).resolve().parent.parent
TRAIN = 24_000
SEEDS = 5


def adult() -> tuple[pd.DataFrame, np.ndarray, np.ndarray, tuple]:
    frame = pd.read_parquet(HERE / "sample_data" / "adult" / "adult.parquet")
    frame = frame[frame.pop("split") != "test"].reset_index(drop=True)
    label = (frame.pop("income") == ">50K").to_numpy(dtype=np.int8)
    group = (frame.pop("sex") == "Male").to_numpy(dtype=np.int64)
    return frame, label, group, (("Female",), ("Male",))


def wide(n: int = 16_000, columns: int = 15, seed: int = 0, levels: tuple[int, ...] = (400, 200)):
    """Make a census-like table whose columns hang together, two of them with hundreds of levels."""
    rng = np.random.default_rng(seed)
    group = (rng.random(n) < 0.5).astype(np.int64)
    hidden = rng.normal(size=(n, 3)) + 0.3 * group[:, None]
    label = (hidden @ [1.0, 0.5, -0.5] + rng.normal(size=n) > 0.6).astype(np.int8)
    frame = {}
    for place, count in enumerate(levels):
        at = hidden[:, place % 3] + 0.7 * rng.normal(size=n)
        rank = np.minimum((np.argsort(np.argsort(at)) / n) ** 2 * count, count - 1).astype(int)
        frame[f"code{place}"] = np.char.add(f"c{place}-", rng.permutation(count)[rank].astype(str))
    for place in range(columns - len(levels)):
        mix = hidden @ rng.normal(size=3) + rng.normal(size=n) * 0.6 + label * 0.3
        kind = place % 4
        if kind == 0:
            frame[f"whole{place}"] = np.clip(40 + 12 * mix, 0, 99).astype(int)
        elif kind == 1:
            frame[f"amount{place}"] = np.round(np.exp(8 + mix), 2)
        elif kind == 2:
            frame[f"spike{place}"] = np.where(mix > 1.2, (np.exp(mix) * 1000).astype(int), 0)
        else:
            frame[f"level{place}"] = pd.cut(mix, [-9, -1, 0, 0.8, 2, 99], labels=list("abcde")).astype(str)
    return pd.DataFrame(frame), label, group, (("a",), ("b",))


def build(name: str, epochs: int, seed: int):
    from audit.mitigation.synthesis.adversarial import ConditionalGan
    from audit.mitigation.synthesis.neighbours import Interpolation
    from audit.mitigation.synthesis.private.tables import NoisyTables
    from audit.mitigation.synthesis.trees import SequentialTrees

    if name.startswith("private_"):
        # A secret that is printed here hides nobody; the data are public, and the figures can be had again.
        return NoisyTables(epsilon=float(name.removeprefix("private_")), secret=b"not a secret: %08d" % seed)
    return {
        "gan": lambda: ConditionalGan(epochs=epochs, seconds=3600),
        "trees": lambda: SequentialTrees(smallest_leaf=50),
        "smote": lambda: Interpolation(kind="smote"),
        "fair_smote": lambda: Interpolation(kind="fair_smote"),
    }[name]()


def split(data, seed: int, train: int):
    frame, label, group, groups = data
    order = np.random.default_rng(seed).permutation(len(label))
    rows, held = order[:train], order[train:]
    table = TrainingTable(
        frame=frame.iloc[rows].reset_index(drop=True),
        label=label[rows],
        group=group[rows],
        groups=groups,
        weight=np.ones(train),
    )
    unseen = Rows(frame=frame.iloc[held].reset_index(drop=True), cell=group[held] * 2 + label[held])
    return table, unseen


def judged(table, unseen, made: pd.DataFrame, cell: np.ndarray, seed: int) -> dict[str, float]:
    own = table.group * 2 + table.label
    nothing = Rows(frame=made.iloc[:0], cell=cell[:0])
    quality, _ = measure_quality(
        Rows(frame=table.frame, cell=own),
        unseen,
        Rows(frame=made, cell=cell),
        nothing,
        columns=range(table.frame.shape[1]),
        groups=table.groups,
        held_from="validation",
        seed=seed,
        most=len(own),
    )
    # The definition of the published comparison: all two-way tables against the rows learned from.
    _, (real, _, new) = code_rows(
        [table.frame, unseen.frame, made], [own, unseen.cell, cell], range(table.frame.shape[1])
    )
    both = [np.column_stack([part.bins, part.cell // 2, part.cell % 2]) for part in (real, new)]
    return {**quality, "pairs_to_learned": pair_trends(*both)}


def once(name: str, data, seed: int, *, epochs: int, train: int, judge: bool = True) -> dict[str, float]:
    table, unseen = split(data, seed, train)
    cell = np.random.default_rng(seed).permutation(table.group * 2 + table.label)
    start, wall = time.process_time(), time.monotonic()
    learning = prepare(table, seed=seed, aside=name == "gan", person_by_person=name.startswith("private_"))
    generator = build(name, epochs, seed)
    generator.fit(learning.lesson, seed=seed)
    maker = RowMaker(
        generator=generator,
        values=generator.vocabulary(learning.lesson.values),
        templates=learning.templates,
        groups=table.groups,
    )
    fitted = time.process_time() - start
    made = maker.make(cell, seed=seed)
    spent = {
        "cpu": time.process_time() - start,
        "cpu_fit": fitted,
        "wall": time.monotonic() - wall,
        **generator.measured,
    }
    spent["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**spent, **(judged(table, unseen, made, cell, seed) if judge else {})}


_CTGAN = """
import sys, time, json
import pandas as pd
from ctgan import CTGAN
import torch, numpy as np
folder, epochs, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(seed); np.random.seed(seed); torch.set_num_threads(1)
frame = pd.read_csv(folder + "/train.csv", keep_default_na=False, na_values=["\\\\N"])
discrete = [c for c in frame if frame[c].dtype == object]
start = time.process_time()
try:
    model = CTGAN(epochs=epochs, cuda=False)
except TypeError:
    model = CTGAN(epochs=epochs, enable_gpu=False)
model.fit(frame, discrete)
made = model.sample(len(frame))
json.dump({"cpu": time.process_time() - start}, open(folder + "/spent.json", "w"))
made.to_csv(folder + "/made.csv", index=False)
"""


def ctgan(python: str, data, seed: int, *, epochs: int, train: int) -> dict[str, float]:
    table, unseen = split(data, seed, train)
    with tempfile.TemporaryDirectory() as folder:
        told = table.frame.astype(object).where(table.frame.notna(), "?")
        told = told.assign(
            _group=np.where(table.group == 1, "g1", "g0"), _label=np.where(table.label, "y1", "y0")
        )
        told.to_csv(Path(folder) / "train.csv", index=False)
        subprocess.run([python, "-c", _CTGAN, folder, str(epochs), str(seed)], check=True)
        made = pd.read_csv(Path(folder) / "made.csv", keep_default_na=False)
        spent = json.loads((Path(folder) / "spent.json").read_text(encoding="utf-8"))
    cell = (made.pop("_group") == "g1").to_numpy() * 2 + (made.pop("_label") == "y1").to_numpy()
    for name in table.frame.columns:
        if made[name].dtype == object:
            made[name] = made[name].where(made[name] != "?", None)
        made[name] = made[name].astype(table.frame[name].dtype)
    return {**spent, **judged(table, unseen, made, cell.astype(np.int64), seed)}


def keep(path: str | None, entry: dict) -> None:
    print(json.dumps(entry), flush=True)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["quality", "levels", "large", "ctgan"])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=0, help="the first seed, where others are kept already")
    parser.add_argument("--epochs", type=int, default=36)
    parser.add_argument("--only", default="gan,trees,smote,fair_smote")
    parser.add_argument("--python", default="")
    parser.add_argument("--keep", default="")
    asked = parser.parse_args()
    names = asked.only.split(",")
    for seed in range(asked.first, asked.seeds):
        if asked.part == "ctgan":
            found = ctgan(asked.python, adult(), seed, epochs=asked.epochs, train=TRAIN)
            keep(asked.keep, {"part": "quality", "name": f"ctgan {asked.epochs}", "seed": seed, **found})
            continue
        for name in names:
            if asked.part == "quality":
                found = once(name, adult(), seed, epochs=asked.epochs, train=TRAIN)
            elif asked.part == "levels":
                found = once(name, wide(), seed, epochs=asked.epochs, train=12_000)
            else:
                found = once(name, wide(60_000), seed, epochs=asked.epochs, train=50_000, judge=False)
            shown = f"{name} {asked.epochs}" if name == "gan" else name
            keep(asked.keep, {"part": asked.part, "name": shown, "seed": seed, **found})


if __name__ == "__main__":
    main()
