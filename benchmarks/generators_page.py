"""Writes docs/generators.md from what the studies kept: ``python benchmarks/generators_page.py``.

A line of docs/generators.jsonl is one run; ``--keep`` of the studies adds lines to it. What was tried besides stands in
benchmarks/generators_tried.md.
"""

# ruff: noqa: ISC004 - lines of a page
from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from statistics import mean, median, stdev

HERE = Path(__file__).resolve().parent.parent
PAGE = HERE / "docs" / "generators.md"
KEPT = HERE / "docs" / "generators.jsonl"
TRIED = HERE / "benchmarks" / "generators_tried.md"
NAMES = {
    "gan 36": "Network, 36 epochs",
    "trees": "Sequential trees",
    "smote": "Interpolation (SMOTE-NC)",
    "fair_smote": "Interpolation (Fair-SMOTE)",
    "private_1": "Noisy tables, epsilon 1",
    "private_3": "Noisy tables, epsilon 3",
    "private_10": "Noisy tables, epsilon 10",
    "ctgan 30": "`ctgan`, 30 epochs",
    "ctgan 100": "`ctgan`, 100 epochs",
    "none": "nothing",
    "reweighing": "reweighing",
    "resampling": "oversampling",
    "interpolation": "interpolation",
    "tree_augmentation": "trees",
    "gan": "network",
    "private_augmentation": "noisy tables, epsilon 3",
}
COLUMNS = (
    ("cpu", "CPU s", "{:.1f}"),
    ("tstr", "TSTR", "{:.3f}"),
    ("detection_boosting", "told apart, boosting", "{:.3f}"),
    ("detection_linear", "told apart, linear", "{:.3f}"),
    ("marginals", "columns", "{:.3f}"),
    ("pairs_to_learned", "pairs, learned rows", "{:.3f}"),
    ("pair_trends", "pairs, hold-out", "{:.3f}"),
    ("closer_to_learned", "closer to learned", "{:.3f}"),
    ("membership_auc", "attack", "{:.3f}"),
    ("copies", "copies", "{:.2%}"),
    ("impossible_pairs", "impossible pairs", "{:.2%}"),
)
REAL = {
    "tstr": "trtr",
    "marginals": "real_marginals",
    "pair_trends": "real_pair_trends",
    "copies": "real_copies",
    "impossible_pairs": "real_impossible_pairs",
}
SETS = {
    "adult": "Adult income by sex (12,000 training rows)",
    "acs_employment": "ACS employment by disability (12,000 training rows)",
    "compas": "COMPAS by race (4,300 training rows; the favourable label is not to offend again)",
}
T95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}


def quality(entries: list[dict], part: str) -> list[str]:
    found = defaultdict(list)
    for entry in entries:
        if entry["part"] == part:
            found[entry["name"]].append(entry)
    if not found:
        return []
    heads = ["", "n", *(title for _, title, _ in COLUMNS)]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    every = [entry for runs in found.values() for entry in runs]
    real = [f.format(median(e[REAL[k]] for e in every)) if k in REAL else "–" for k, _, f in COLUMNS]
    lines.append("| real rows | | " + " | ".join(real) + " |")
    for name in [name for name in NAMES if name in found]:
        runs = found[name]
        values = [
            f.format(median(run[k] for run in runs)) if all(k in run for run in runs) else "–"
            for k, _, f in COLUMNS
        ]
        lines.append(f"| {NAMES[name]} | {len(runs)} | " + " | ".join(values) + " |")
    return lines


def interval(values: list[float]) -> str:
    if len(values) < 2:
        return f"{mean(values):+.3f}"
    half = T95[len(values)] * stdev(values) / len(values) ** 0.5
    return f"{mean(values):+.3f} [{mean(values) - half:+.3f}, {mean(values) + half:+.3f}]"


def fairness(entries: list[dict]) -> list[str]:
    lines = []
    runs: dict[str, dict[str, dict[int, dict]]] = defaultdict(lambda: defaultdict(dict))
    for entry in entries:
        if entry["part"] == "fairness":
            runs[entry["set"]][entry["name"]][entry["seed"]] = entry
    for name, title in SETS.items():
        if name not in runs:
            continue
        first = runs[name]["none"]
        lines += [
            f"### {title}",
            "",
            "| training rows | n | accuracy | selection gap | opportunity gap | change of accuracy | change of selection "
            "gap | change of opportunity gap |",
            "|---|---|---|---|---|---|---|---|",
        ]
        changes: dict[str, dict[str, list[float]]] = {}
        for method in [one for one in NAMES if one in runs[name]]:
            own = runs[name][method]
            seeds = sorted(set(own) & set(first))
            measures = ("accuracy", "selection_gap", "opportunity_gap")
            level = [f"{mean(own[s][m] for s in seeds):.3f}" for m in measures]
            change = {m: [own[s][m] - first[s][m] for s in seeds] for m in measures}
            changes[method] = change
            shown = ["–"] * 3 if method == "none" else [interval(change[m]) for m in measures]
            lines.append(f"| {NAMES[method]} | {len(seeds)} | " + " | ".join([*level, *shown]) + " |")
        lines += ["", winner(changes), ""]
    return lines


def winner(changes: dict[str, dict[str, list[float]]]) -> str:
    """Say in one sentence who closed which gap most, and whether the next one is told from it."""
    said = []
    for measure, words in (("selection_gap", "selection rates"), ("opportunity_gap", "chances")):
        order = sorted((mean(c[measure]), name) for name, c in changes.items() if name != "none")
        (best, one), (_, other) = order[0], order[1]
        if best >= 0 or not beyond(changes[one][measure]):
            said.append(
                f"the gap in {words} was closed by no method beyond chance ({NAMES[one]} came lowest, {best:+.3f})"
            )
            continue
        apart = [a - b for a, b in zip(changes[one][measure], changes[other][measure], strict=True)]
        told = "more than" if beyond(apart) else "not told apart from"
        said.append(
            f"the gap in {words} closed most with {NAMES[one]} ({best:+.3f}, {told} {NAMES[other]} on these seeds)"
            + rest(changes, measure, one)
        )
    return ("; ".join(said) + ".").replace("the gap", "The gap", 1)


def beyond(values: list[float]) -> bool:
    return len(values) > 1 and abs(mean(values)) > T95[len(values)] * stdev(values) / len(values) ** 0.5


def rest(changes: dict[str, dict[str, list[float]]], measure: str, one: str) -> str:
    """Name the simpler methods that closed less, where that is told apart."""
    less = [
        NAMES[name]
        for name in ("reweighing", "resampling")
        if name != one
        and beyond([a - b for a, b in zip(changes[one][measure], changes[name][measure], strict=True)])
    ]
    return f", and more than {' and '.join(less)}" if less else ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", default=str(KEPT))
    asked = parser.parse_args()
    entries = [json.loads(line) for line in Path(asked.keep).read_text(encoding="utf-8").splitlines() if line]
    large = [entry for entry in entries if entry["part"] == "large"]
    lines = [
        "# Generators of rows: what they cost and what they are worth",
        "",
        "Written by `benchmarks/generators_page.py` from runs of `benchmarks/generators.py` and "
        "`benchmarks/generators_fairness.py`, kept in `docs/generators.jsonl`, on two cores of a first generation EPYC server, "
        "Python 3.11, one thread. n is the number of seeds; with more than one the median is shown. The network's seconds "
        "on Adult and on 50,000 rows were measured with nothing beside it, all others beside one to four processes, which makes them dearer by up to a half. Every generator learned from the same rows and made as many with "
        "the same mixture of cells. Quality is measured on real rows that none of them saw; gradient boosting is "
        "scikit-learn's histogram gradient boosting. `ctgan` 0.12.1 ran in an environment of its own, beside other work, at one hundred epochs on few seeds because of its cost.",
        "",
        "TSTR: area under the ROC curve of a model trained on made rows and tried on real ones. Told apart: area of a "
        "classifier that tells made rows from real ones, 0.5 is a guess. Columns and pairs: 1 is the same. Closer to "
        "learned, attack: 0.5 where nobody was learned by heart. The first line shows real rows in place of made ones.",
        "",
        "## Adult, 24,000 training rows",
        "",
        *quality(entries, "quality"),
        "",
        "## Columns of 400 and 200 levels, 12,000 training rows of 15 columns",
        "",
        *quality(entries, "levels"),
        "",
        *(
            [
                "## 50,000 training rows of 15 columns, 50,000 rows made",
                "",
                "| | CPU s | wall s | peak MB |",
                "|---|---|---|---|",
                *(
                    f"| {NAMES[e['name']]} | {e['cpu']:.0f} | {e['wall']:.0f} | {e['megabytes']:.0f} |"
                    for e in large
                ),
                "",
            ]
            if large
            else []
        ),
        "## What generated rows change for people",
        "",
        "Gradient boosting, trained again on the treated rows; the plan equalises base rates, nothing is tuned. Every seed "
        "has a split of its own that all methods share. Gaps are the largest difference between groups on test rows: in "
        "selection rates, and in the share of people with the favourable label who get the favourable decision. Changes "
        "are paired with the model on untreated rows, with 95 % t-intervals over seeds.",
        "",
        *fairness(entries),
    ]
    lines += [TRIED.read_text(encoding="utf-8").rstrip(), ""]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
