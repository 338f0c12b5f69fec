"""What eight rates of five groups cost with other tools, on the same rows.

Run ``python benchmarks/peers.py [--rows 100000 1000000] [--folder FOLDER]``. Each tool runs in a throw-away environment
outside the project, installed without what it would drag along: it sees this environment's packages and brings its own
release. All get the same rows in a pandas frame; reading it is not counted. Ours counts the stored Parquet file, reading
included, and gives the same eight rates. A tool that cannot be installed says so in the table.
"""

from __future__ import annotations

import argparse
import json
import site
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

RATES = (
    "selection_rate", "accuracy", "true_positive_rate", "false_positive_rate", "true_negative_rate",
    "false_negative_rate", "precision", "negative_predictive_value",
)  # fmt: skip
DRAWING = ("matplotlib", "contourpy", "cycler", "kiwisolver", "fonttools", "pyparsing", "seaborn")
INSTALL = {
    "aif360": ("aif360==0.6.1", *DRAWING),
    "aequitas": ("aequitas==1.1.0", *DRAWING),
    "oxonfair": ("oxonfair==0.3",),
}
TITLES = {
    "ours": "Evenhand, from the stored file",
    "fairlearn": "Fairlearn MetricFrame",
    "mended": "the same, np.stack mended",
    "aif360": "AIF360",
    "aequitas": "Aequitas",
    "oxonfair": "OxonFair",
}


def people(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    group = rng.choice(5, rows, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    label = rng.random(rows) < 0.3 + 0.05 * group
    decision = rng.random(rows) < np.where(label, 0.7 + 0.02 * group, 0.2)
    names = np.array(["white", "black", "hispanic", "asian", "other"])
    return pd.DataFrame({"group": names[group], "label": label.astype(int), "decision": decision.astype(int)})


def ours(frame: pd.DataFrame, folder: Path):
    from audit.counting import count_decisions
    from audit.data.ingest import ingest_frame
    from audit.engines.duckdb_engine import DuckDBEngine
    from audit.grouping import rules
    from audit.metrics.rates import RATE, rate_table
    from audit.plan import Plan, Roles
    from audit.roles import check_roles

    dataset = ingest_frame(frame, folder)
    plan = Plan(roles=Roles(label="label", decision="decision", sensitive=("group",)))
    engine = DuckDBEngine()

    def work():
        outcomes = check_roles(dataset, plan)
        tally = count_decisions(dataset, plan.roles, outcomes, rules(dataset, plan, engine), engine)
        tables = [rate_table(RATE[name], tally.cells) for name in RATES]
        return {group[0]: tables[2].value[i] for i, group in enumerate(tally.cells.groups)}

    return work


def fairlearn(frame: pd.DataFrame, _folder: Path):
    from fairlearn import metrics as fm
    from sklearn.metrics import accuracy_score, precision_score

    metrics = {
        "selection_rate": fm.selection_rate,
        "accuracy": accuracy_score,
        "true_positive_rate": fm.true_positive_rate,
        "false_positive_rate": fm.false_positive_rate,
        "true_negative_rate": fm.true_negative_rate,
        "false_negative_rate": fm.false_negative_rate,
        "precision": precision_score,
        "negative_predictive_value": lambda y, d: precision_score(y, d, pos_label=0),
    }

    def work():
        found = fm.MetricFrame(
            metrics=metrics,
            y_true=frame["label"],
            y_pred=frame["decision"],
            sensitive_features=frame["group"],
        )
        return found.by_group["true_positive_rate"].to_dict()

    return work


def mended(frame: pd.DataFrame, folder: Path):
    """MetricFrame without its one slow line, which stacks columns that are flat already."""
    import fairlearn.metrics._annotated_metric_function as slow

    class Mended:
        def __getattr__(self, name):
            return getattr(np, name)

        def stack(self, column):
            return column if column.dtype != object else np.stack(column)

    slow.np = Mended()
    return fairlearn(frame, folder)


def aif360(frame: pd.DataFrame, _folder: Path):
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import ClassificationMetric

    names = sorted(frame["group"].unique())
    coded = pd.DataFrame(
        {"g": frame["group"].map({name: float(i) for i, name in enumerate(names)}).astype(float)}
    )
    coded["y"] = frame["label"].astype(float)
    decisions = frame[["decision"]].astype(float).to_numpy()

    def work():
        truth = BinaryLabelDataset(df=coded, label_names=["y"], protected_attribute_names=["g"])
        said = truth.copy()
        said.labels = decisions
        found = {}
        for i, name in enumerate(names):
            metric = ClassificationMetric(
                truth, said, unprivileged_groups=[{"g": float(i)}], privileged_groups=[{"g": float(i == 0)}]
            )
            for rate in RATES:
                value = getattr(metric, rate)(privileged=False)
                if rate == "true_positive_rate":
                    found[name] = value
        return found

    return work


def aequitas(frame: pd.DataFrame, _folder: Path):
    from aequitas.group import Group

    renamed = frame.rename(columns={"decision": "score", "label": "label_value"})
    renamed["group"] = renamed["group"].astype(object)  # it does not know the texts of pandas 3

    def work():
        table, _ = Group().get_crosstabs(renamed, attr_cols=["group"])
        return dict(zip(table["attribute_value"], table["tpr"], strict=True))

    return work


def oxonfair(frame: pd.DataFrame, _folder: Path):
    from oxonfair.utils import group_metrics as gm

    y, d = frame["label"].to_numpy(), frame["decision"].to_numpy()
    names, g = np.unique(frame["group"].to_numpy().astype(str), return_inverse=True)
    metrics = (
        gm.pos_pred_rate, gm.accuracy, gm.true_pos_rate, gm.false_pos_rate, gm.true_neg_rate, gm.false_neg_rate,
        gm.precision, gm.neg_pred_val,
    )  # fmt: skip

    def work():
        values = [np.asarray(metric.per_group(y, d, g)).ravel() for metric in metrics]
        return dict(zip(names.tolist(), values[2].tolist(), strict=True))

    return work


def measure(tool: str, path: Path, times: int) -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        run = globals()[tool](pd.read_parquet(path), Path(folder))
        costs = []
        for _ in range(times + 1):  # the first call imports
            start = time.process_time()
            found = run()
            costs.append(time.process_time() - start)
    print(json.dumps({"cpu": min(costs[1:]), "tpr": {str(k): float(v) for k, v in found.items()}}))


def environment(tool: str, folder: Path) -> Path:
    """Make the throw-away environment of a tool and give its Python."""
    if tool not in INSTALL:
        return Path(sys.executable)
    home = folder / tool
    packages = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    if not packages.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
        (packages / "project.pth").write_text(site.getsitepackages()[0] + "\n")
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", packages]
        subprocess.run([*command, *INSTALL[tool]], check=True, capture_output=True)
    return home / "bin" / "python"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--measure", nargs=3)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure[0], Path(given.measure[1]), int(given.measure[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = given.folder or Path(folder)
        print(
            "rows       tool                              CPU s   times ours   largest difference of a rate"
        )
        for rows in given.rows:
            path = Path(folder) / f"{rows}.parquet"
            people(rows).to_parquet(path)
            base = None
            for tool, title in TITLES.items():
                times = 1 if tool in {"fairlearn", "aif360"} and rows > 200_000 else 3
                try:
                    python = environment(tool, home)
                    command = [python, __file__, "--measure", tool, path, str(times)]
                    run = subprocess.run(command, capture_output=True, text=True, check=True)
                    found = json.loads(run.stdout.strip().splitlines()[-1])
                except (subprocess.CalledProcessError, OSError) as error:
                    said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
                    print(f"{rows:<10,} {title:32} could not be run: {' '.join(said)}")
                    continue
                base = base or found
                apart = max(abs(found["tpr"][name] - value) for name, value in base["tpr"].items())
                print(
                    f"{rows:<10,} {title:32} {found['cpu']:7.3f} {found['cpu'] / base['cpu']:10.1f} x {apart:14.1e}"
                )


if __name__ == "__main__":
    main()
