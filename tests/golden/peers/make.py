"""Runs other fairness tools on the same people and keeps what they print. Not part of the tests.

Each tool lives in a virtual environment of its own, because no two agree on their dependencies::

    python tests/golden/peers/make.py inputs                # with this project's Python: counts of the data sets
    python3.11 -m venv <folder>/aif360
    <folder>/aif360/bin/pip install aif360                  # and so for each tool, see INSTALL
    <folder>/aif360/bin/python tests/golden/peers/make.py aif360

Every tool gets rows: a label, a decision and a group for each person. ``<tool>.json`` holds its version and, for each data
set, ``[measure, group, reference, value]``: the measure in the tool's own words, the group or pair it is about (null for
all groups together) and the number (null where the tool gives NaN).
"""

from __future__ import annotations

import json
import logging
import math
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent

INSTALL = {
    "fairlearn": ["fairlearn==0.15.0"],
    "aif360": ["aif360==0.6.1"],
    "aequitas": [
        "--no-deps aequitas==1.1.0",
        "pandas<3 scipy seaborn altair matplotlib pyyaml requests validators",
    ],
    "oxonfair": ["--no-deps oxonfair==0.3", "numpy pandas scikit-learn"],
    "aiverify": [
        "--no-deps aiverify-fairness-metrics-toolbox-for-classification==2.2.1 aiverify-test-engine==2.2.1",
        "numpy==1.26.4 pandas==2.2.2 scikit-learn==1.5.2 scipy==1.14.1 joblib==1.4.2",
        "requests pydantic jsonschema openapi-schema-validator aiometer 'setuptools<81'",
    ],
}
"""What was installed with pip into each environment; torch is needed by none of it."""

TOY = {"a": (3, 1, 1, 3), "b": (3, 1, 1, 1), "c": (3, 1, 0, 0)}
"""Group c has no positive labels. Counts are TN, FP, FN, TP."""

EXTREME = {"a": (5, 0, 4, 0), "b": (6, 0, 2, 0), "c": (0, 3, 0, 4), "d": (2, 0, 0, 0)}
"""Nobody selected in most groups, everybody in one."""


def inputs():
    """Counts of the data sets by group."""
    import tempfile

    from audit.counting import count_decisions
    from audit.data.samples import sample
    from audit.engines.duckdb_engine import DuckDBEngine
    from audit.grouping import rules
    from audit.roles import check_roles
    from audit.run import open_data

    found = {
        "toy": {"favourable": "positive", "counts": TOY},
        "extreme": {"favourable": "positive", "counts": EXTREME},
    }
    engine = DuckDBEngine()
    for name, column in (("compas", "race"), ("acs_employment", "sex"), ("ricci", "race")):
        one = sample(name)
        with tempfile.TemporaryDirectory() as folder:
            data = open_data(one.path, Path(folder))
            outcomes = check_roles(data, one.plan)
            cells = count_decisions(
                data, one.plan.roles, outcomes, rules(data, one.plan, engine), engine
            ).cells
        part = cells.marginal((column,))
        found[name] = {
            "favourable": one.plan.roles.favourable,
            "counts": {
                group[0]: [int(v) for v in table.ravel()]
                for group, table in zip(part.groups, part.n, strict=True)
            },
        }
    return found


def rows(counts):
    """Expand counts to one label, decision and group for each person."""
    y, d, g = [], [], []
    for group, (tn, fp, fn, tp) in counts.items():
        for label, decision, n in ((0, 0, tn), (0, 1, fp), (1, 0, fn), (1, 1, tp)):
            y += [label] * n
            d += [decision] * n
            g += [group] * n
    return y, d, g


def largest(counts):
    return max(counts, key=lambda group: sum(counts[group]))


def fairlearn(counts, favourable):
    """Fairlearn takes the positive class as it is; the good outcome is not asked for."""
    del favourable
    from fairlearn import metrics as fm
    from sklearn.metrics import precision_score

    y, d, g = rows(counts)
    frame = fm.MetricFrame(
        metrics={
            "selection_rate": fm.selection_rate,
            "true_positive_rate": fm.true_positive_rate,
            "false_positive_rate": fm.false_positive_rate,
            "precision_score": precision_score,
        },
        y_true=y,
        y_pred=d,
        sensitive_features=g,
    )
    out = [[name, group, None, frame.by_group[name][group]] for name in frame.by_group for group in counts]
    for name in (
        "demographic_parity_difference", "demographic_parity_ratio", "equal_opportunity_difference",
        "equal_opportunity_ratio", "equalized_odds_difference", "equalized_odds_ratio",
    ):  # fmt: skip
        out += [[name, None, None, getattr(fm, name)(y, d, sensitive_features=g)]]
    return out


def aif360(counts, favourable):
    """AIF360 asks for the favourable label, and compares an unprivileged with a privileged group: here the largest."""
    import pandas as pd
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import ClassificationMetric

    y, d, g = rows(counts)
    code = {group: i for i, group in enumerate(counts)}
    frame = pd.DataFrame({"g": [float(code[group]) for group in g], "y": [float(v) for v in y]})
    good = 0.0 if favourable == "negative" else 1.0
    truth = BinaryLabelDataset(
        df=frame,
        label_names=["y"],
        protected_attribute_names=["g"],
        favorable_label=good,
        unfavorable_label=1 - good,
    )
    said = truth.copy()
    said.labels = pd.DataFrame({"d": [float(v) for v in d]}).to_numpy()
    reference = largest(counts)
    other = next(group for group in counts if group != reference)
    out = []
    for group in counts:
        metric = ClassificationMetric(
            truth,
            said,
            unprivileged_groups=[{"g": float(code[group])}],
            privileged_groups=[{"g": float(code[reference if group != reference else other])}],
        )
        for name in ("selection_rate", "true_positive_rate", "false_positive_rate", "precision"):
            out += [[name, group, None, getattr(metric, name)(privileged=False)]]
        if group == reference:
            continue
        for name in (
            "statistical_parity_difference", "disparate_impact", "equal_opportunity_difference",
            "average_odds_difference", "average_abs_odds_difference", "equalized_odds_difference",
        ):  # fmt: skip
            out += [[name, group, reference, getattr(metric, name)()]]
    return out


def aequitas(counts, favourable):
    """Aequitas compares with the largest group by default; rates are of the positive class."""
    del favourable
    import pandas as pd
    from aequitas.bias import Bias
    from aequitas.group import Group

    y, d, g = rows(counts)
    frame = pd.DataFrame({"score": d, "label_value": y, "g": g})
    table, _ = Group().get_crosstabs(frame, attr_cols=["g"])
    by_group = table.set_index("attribute_value")
    out = [
        [name, group, None, by_group.loc[group, name]]
        for name in ("ppr", "pprev", "tpr", "fpr", "precision")
        for group in counts
    ]
    bias = Bias().get_disparity_major_group(table, original_df=frame, check_significance=False)
    bias = bias.set_index("attribute_value")
    reference = bias["ppr_ref_group_value"].iloc[0]
    for name in ("ppr", "pprev", "tpr", "fpr", "fnr", "precision"):
        out += [
            [f"{name}_disparity", group, reference, bias.loc[group, f"{name}_disparity"]]
            for group in counts
            if group != reference
        ]
    return out


def oxonfair(counts, favourable):
    """OxonFair's named measures take the mean over all pairs of groups."""
    del favourable
    import numpy as np
    from oxonfair.utils import group_metrics as gm

    y, d, g = (np.asarray(part) for part in rows(counts))
    names = sorted(counts)
    out = []
    for name, metric in (
        ("pos_pred_rate", gm.pos_pred_rate),
        ("true_pos_rate", gm.true_pos_rate),
        ("false_pos_rate", gm.false_pos_rate),
        ("precision", gm.precision),
    ):
        values = np.asarray(metric.per_group(y, d, g)).ravel()
        out += [[name, group, None, value] for group, value in zip(names, values, strict=True)]
    for name in (
        "demographic_parity", "disparate_impact", "equal_opportunity", "equalized_odds", "equalized_odds_max",
        "predictive_parity",
    ):  # fmt: skip
        out.append([name, None, None, float(np.asarray(getattr(gm, name)(y, d, g)).ravel()[0])])
    out.append(["pos_pred_rate.max_diff", None, None, float(gm.pos_pred_rate.max_diff(y, d, g)[0])])
    out.append(["pos_pred_rate.min_ratio", None, None, float(gm.pos_pred_rate.min_ratio(y, d, g)[0])])
    return out


def aiverify(counts, favourable):
    """AI Verify's plugin, past its file handling: the function that computes, on the same arrays."""
    del favourable
    import numpy as np
    from aiverify_fairness_metrics_toolbox_for_classification.algo import Plugin

    class Quiet:
        def add_total(self, _):
            pass

        def update(self, _):
            pass

    plugin = object.__new__(Plugin)
    plugin._progress_inst, plugin._logger, plugin._sensitive_feature = Quiet(), None, ["g"]
    y, d, g = rows(counts)
    code = {group: i for i, group in enumerate(counts)}
    names = list(counts)
    table = np.array([[code[group]] for group in g])
    found = plugin._compute_between_group(np.array(y), np.array(d), table)
    positive = found["results"][found["output_classes"].index(1)]
    out = []
    for name in (
        "True Positive Rate", "False Positive Rate", "Positive Predictive Value Parity", "Disparate Impact",
        "Equal Selection Parity",
    ):  # fmt: skip
        for item in positive[name]:
            group = [names[i] for i in item["group"]]
            out.append([name, group[0], group[1] if len(group) > 1 else None, item["metric"]])
    return out


TOOLS = {
    "fairlearn": (fairlearn, "fairlearn"),
    "aif360": (aif360, "aif360"),
    "aequitas": (aequitas, "aequitas"),
    "oxonfair": (oxonfair, "oxonfair"),
    "aiverify": (aiverify, "aiverify-fairness-metrics-toolbox-for-classification"),
}


def plain(value):
    number = float(value) if value is not None else math.nan
    return None if math.isnan(number) else "inf" if math.isinf(number) else number


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    what = sys.argv[1]
    if what == "inputs":
        text = json.dumps(inputs(), indent=1, ensure_ascii=False) + "\n"
    else:
        run, package = TOOLS[what]
        data = json.loads((HERE / "inputs.json").read_text(encoding="utf-8"))
        said = {}
        for name, one in data.items():
            try:
                said[name] = [[*row[:3], plain(row[3])] for row in run(one["counts"], one["favourable"])]
            except Exception as error:  # noqa: BLE001 - whatever a tool does is what it says
                said[name] = f"{type(error).__name__}: {error}"
        lines = {
            name: rows if isinstance(rows, str) else [json.dumps(row, ensure_ascii=False) for row in rows]
            for name, rows in said.items()
        }
        body = ",\n".join(
            f"  {json.dumps(name)}: "
            + (json.dumps(rows) if isinstance(rows, str) else "[\n   " + ",\n   ".join(rows) + "\n  ]")
            for name, rows in lines.items()
        )
        text = f'{{\n "package": {json.dumps(package)},\n "version": {json.dumps(version(package))},\n "said": {{\n{body}\n }}\n}}\n'
    (HERE / f"{what}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
