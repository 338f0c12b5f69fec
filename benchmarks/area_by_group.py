"""What the area under the ROC curve by group costs from bins of the score, beside sorting every score.

Run ``python benchmarks/area_by_group.py [--rows 1e7]``. Both start from the same stored Parquet file. The bins come from
one GROUP BY, the exact areas from scikit-learn, which sorts each group. The printed bound is what the area of the scores
themselves can differ by at most: half of the pairs of people with different labels who share a bin.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from hundred_million import keep, make

from audit.data.dataset import Dataset
from audit.data.stored import open_parquet
from audit.engines.duckdb_engine import DuckDBEngine
from audit.gather import scores
from audit.gather.sources import stored
from audit.grouping import rules
from audit.inference.delong import areas
from audit.plan import Plan, Roles
from audit.roles import check_roles


def binned(dataset: Dataset, bins: int) -> tuple[dict[str, float], dict[str, float]]:
    """Areas by group, and their bounds."""
    roles = Roles(label="label", positive="good", score="score", sensitive=("sex", "race"))
    plan = Plan(roles=roles, score_bins=bins)
    engine = DuckDBEngine()
    rows = stored(dataset, plan, check_roles(dataset, plan), rules(dataset, plan, engine), engine)
    found = scores.gather(rows)
    area = areas(found.w[:, 1], found.w2[:, 1], found.w[:, 0], found.w2[:, 0])
    names = [" ".join(group) for group in found.groups]
    return dict(zip(names, area.value, strict=True)), dict(zip(names, area.error, strict=True))


def exact(path: Path) -> dict[str, float]:
    import duckdb
    from sklearn.metrics import roc_auc_score

    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(path)).select("sex", "race", "label", "score").to_arrow_table()
    sex, race, label = (
        rows.column(name).combine_chunks().dictionary_encode() for name in ("sex", "race", "label")
    )
    group = sex.indices.to_numpy() * len(race.dictionary) + race.indices.to_numpy()
    positive = np.array(label.dictionary.to_pylist())[label.indices.to_numpy()] == "good"
    score = rows.column("score").to_numpy()
    return {
        f"{sex.dictionary[int(g) // len(race.dictionary)]} {race.dictionary[int(g) % len(race.dictionary)]}": (
            roc_auc_score(positive[group == g], score[group == g])
        )
        for g in np.unique(group)
    }


def cpu(run):
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=1e7)
    rows = int(parser.parse_args().rows)
    with tempfile.TemporaryDirectory() as folder:
        raw, path = Path(folder) / "raw.parquet", Path(folder) / "stored.parquet"
        make(rows, raw)
        keep(raw, path)
        kept = open_parquet(path)
        dataset = Dataset(
            path=path, fingerprint="0" * 64, name="people", n_bytes=0, n_rows=rows, columns=kept.columns
        )
        binned(dataset, 1000)  # what is loaded once is loaded now
        theirs, truth = min((cpu(lambda: exact(path)) for _ in range(2)), key=lambda found: found[0])
        print(f"{rows:,} rows, {len(truth)} groups")
        print(f"sorting every score  {theirs:7.2f} s CPU")
        for bins in (1_000, 10_000):
            ours, (value, bound) = min(
                (cpu(lambda bins=bins: binned(dataset, bins)) for _ in range(3)), key=lambda found: found[0]
            )
            error = max(abs(value[name] - truth[name]) for name in truth)
            holds = all(abs(value[name] - truth[name]) <= bound[name] for name in truth)
            print(
                f"{bins:>6,} bins          {ours:7.2f} s CPU   1/{theirs / ours:.1f}   error {error:.1e}, "
                f"bound {max(bound.values()):.1e} {'holds' if holds else 'DOES NOT HOLD'}"
            )


if __name__ == "__main__":
    main()
