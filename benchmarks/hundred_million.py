"""What counting costs from a million rows to a hundred million, beside a bare scan of the same columns by the same engine.

Run ``python benchmarks/hundred_million.py [--rows 1e6 1e7 1e8] [--folder FOLDER]``. DuckDB makes the files, of strings,
numbers and scores; the first pass counts sex × race × label × decision in place, from the strings, the second from the
file that this program stores, with its codes. The bare scan adds up the same four columns, and for strings their
lengths. Each pass runs in a process of its own, so that peak memory is its own; CPU is of all threads, the least of three.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

NAMES = ("sex", "race", "label", "decision")
TIMES = 3


def make(rows: int, path: Path) -> None:
    import duckdb

    positive = "h4 % 100 < 30 + 8 * (h1 % 2)"
    raw = f"(h5 % 1000000) / 1000000.0 * .7 + CASE WHEN {positive} THEN .25 ELSE .05 END"
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute(f"""
            COPY (
              SELECT CASE WHEN h1 % 2 = 0 THEN 'female' ELSE 'male' END AS sex,
                CASE WHEN h2 % 100 < 45 THEN 'white' WHEN h2 % 100 < 65 THEN 'black' WHEN h2 % 100 < 85 THEN 'hispanic'
                  WHEN h2 % 100 < 97 THEN 'asian' ELSE 'other' END AS race,
                (18 + h3 % 62)::INTEGER AS age,
                CASE WHEN {positive} THEN 'good' ELSE 'bad' END AS label,
                round({raw}, 6) AS score,
                CASE WHEN {raw} >= .5 THEN 'approve' ELSE 'refuse' END AS decision
              FROM (SELECT hash(i) h1, hash(i + 1000000007) h2, hash(i + 2000000011) h3, hash(i + 3000000019) h4,
                hash(i + 4000000007) h5 FROM range({rows}) numbers(i))
            ) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
        """)  # noqa: S608 - a file of our own


def keep(source: Path, path: Path) -> None:
    from audit.data.streamed import keep as store
    from audit.engines.duckdb_engine import DuckDBEngine
    from audit.engines.protocol import Files

    store(Files(paths=(str(source),), format="parquet"), path, DuckDBEngine())


def work(what: str, path: Path):
    """Give the pass that is measured."""
    from audit.engines.codes import codes_of
    from audit.engines.duckdb_engine import DuckDBEngine
    from audit.engines.protocol import Files, Key

    engine = DuckDBEngine()
    keys = [Key(column=name) for name in NAMES]

    def scan(columns: str):
        with engine._connected() as connection:  # noqa: SLF001 - the same settings
            return connection.execute(f"SELECT {columns} FROM read_parquet(?)", [str(path)]).fetchall()  # noqa: S608 - columns of our own

    if what == "codes":
        return lambda: engine.count(path, keys)
    if what == "in place":
        files = engine.look(Files(paths=(str(path),), format="parquet"))
        return lambda: engine.count(files, keys)
    if what == "scan of strings":
        return lambda: scan(", ".join(f'sum(strlen("{name}"))' for name in NAMES))
    if what == "scan of codes":
        coded = codes_of(path)
        return lambda: scan(", ".join(f'sum("{coded[name].name}")' for name in NAMES))
    if what == "weighted":
        return lambda: engine.count(path, keys, weight="score")
    bins = Key(column="score", bins=(0.0, 0.001, 1000))
    if what == "scores":
        return lambda: engine.count(path, [*keys[:3], bins], total="score")
    return lambda: engine.quantiles(path, "score", (0.25, 0.5, 0.75))


def measure(what: str, path: Path, small: Path) -> None:
    """Print CPU seconds and the peak above what imports and a small file take."""
    work(what, small)()
    before = peak_mb()
    run, costs = work(what, path), []
    for _ in range(TIMES):
        start = time.process_time()
        run()
        costs.append(time.process_time() - start)
    print(json.dumps({"cpu": min(costs), "mb": peak_mb() - before}))


def peak_mb() -> float:
    """Peak of this process; getrusage would count what the parent had when it started this one."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def measured(what: str, path: Path, small: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", what, str(path), str(small)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(found.strip().splitlines()[-1])


def table(rows: list[int], folder: Path) -> None:
    small, small_kept = folder / "small.parquet", folder / "small stored.parquet"
    make(10_000, small)
    keep(small, small_kept)
    costs: dict[tuple[str, int], float] = {}
    print("rows          pass               CPU s  against bare scan   peak MB above imports")
    for n in rows:
        path, kept = folder / f"{n}.parquet", folder / f"{n} stored.parquet"
        if not path.exists():
            make(n, path)
        if not kept.exists():
            start = time.process_time()
            keep(path, kept)
            print(f"{n:<13,} stored with codes {time.process_time() - start:6.2f}")
        for what, bare in (("in place", "scan of strings"), ("codes", "scan of codes")):
            where = (path, small) if what == "in place" else (kept, small_kept)
            scan, ours = measured(bare, *where), measured(what, *where)
            costs[what, n] = ours["cpu"]
            print(f"{n:<13,} {bare:17} {scan['cpu']:6.3f}")
            print(
                f"{n:<13,} {what:17} {ours['cpu']:6.3f} {ours['cpu'] / scan['cpu']:10.2f} x {ours['mb']:18.0f}"
            )
        for what in ("weighted", "scores", "quartiles"):
            found = measured(what, kept, small_kept)
            costs[what, n] = found["cpu"]
            print(f"{n:<13,} {what:17} {found['cpu']:6.3f} {'':12} {found['mb']:18.0f}")
    for first, second, third in zip(rows, rows[1:], rows[2:], strict=False):
        for what in ("in place", "codes"):
            slopes = [
                (costs[what, b] - costs[what, a]) / (b - a) for a, b in ((first, second), (second, third))
            ]
            print(
                f"{what}: a row costs {slopes[1] / slopes[0]:.2f} x as much beyond {second:,} as up to there"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", type=float, default=[1e6, 1e7, 1e8])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--measure", nargs=3)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure[0], *(Path(each) for each in given.measure[1:]))
        return
    with tempfile.TemporaryDirectory() as folder:
        table([int(n) for n in given.rows], given.folder or Path(folder))


if __name__ == "__main__":
    main()
