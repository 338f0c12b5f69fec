"""Tries every mitigation on three data sets and writes what came of it: docs/mitigation.md.

``python benchmarks/mitigation_table.py`` runs all of it; ``--only reweighing gan`` some, which keeps the other lines.
Results are kept in docs/mitigation.json, from which the page is written; ``--write`` only writes the page.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from audit import wording
from audit.comparison import compare
from audit.cost import Cost, Meter
from audit.data.samples import open_sample, sample
from audit.errors import AuditError
from audit.mitigation.catalogue import catalogue
from audit.plan import MitigationChoice, ModelChoice, Plan
from audit.rows import ComparisonRow, plain
from audit.run import prepare

KEPT: Final = ROOT / "docs" / "mitigation.json"
PAGE: Final = ROOT / "docs" / "mitigation.md"
SEEDS: Final = 5
DATA: Final = {
    "adult": ("Adult, by sex", "sex"),
    "acs_employment": ("ACS employment in Massachusetts, by disability", "disability"),
    "compas": ("COMPAS, by race, groups of fewer than 100 test rows joined", "race"),
}
WANTED: Final = (
    ("accuracy", None),
    ("demographic_parity", "difference"),
    ("equal_opportunity", "difference"),
    ("equalized_odds", "difference"),
    ("error_rate", "worst_group"),
)


def plan_of(name: str, by: str) -> Plan:
    plan = sample(name).plan
    # A threshold of probabilities, not the one of the sample's own score.
    roles = replace(plan.roles, sensitive=(by,), threshold=0.5)
    # Of 50 Asian and Native American defendants no generator can learn: they are joined with the other small group.
    grouping = replace(plan.grouping, small="merge", small_size=100) if name == "compas" else plan.grouping
    return replace(
        plan,
        roles=roles,
        grouping=grouping,
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
    )


def tried(names: list[str], seeds: int, wanted: list[str]) -> dict[str, Any]:
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    for data in wanted:
        by = DATA[data][1]
        with tempfile.TemporaryDirectory() as folder:
            plan = plan_of(data, by)
            work = prepare(open_sample(data, Path(folder)), plan)
            for name in names:
                kept.setdefault(data, {})[name] = one(work, plan, name, seeds, by)
                KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return kept


def one(work: Any, plan: Plan, name: str, seeds: int, by: str) -> dict[str, Any]:
    meter = Meter()
    try:
        trial = work.attempt(MitigationChoice(id=name, params={"seeds": seeds, "group_by": by}))
    except AuditError as error:
        return {"refused": f"{error.what} {error.why}".strip()}
    rows = [
        row
        for row in compare(trial, work.audit.plan, [(by,)])
        if (row.metric, row.comparison) in WANTED and row.group is None
    ]
    down = ""
    for criterion in wording.LEVELLING:
        gap = next(row for row in rows if (row.metric, row.comparison) == (criterion, "difference"))
        rate = wording.criterion_rates(criterion, plan.roles.favourable)[0]
        groups = [
            r for r in compare(trial, work.audit.plan, [(by,)]) if r.metric == rate and r.comparison is None
        ]
        down = down or wording.levelling_down(gap, groups, plan.roles.favourable)
    print(f"{name}: {meter.read().seconds:.1f} s", flush=True)
    return {
        "rows": [plain(row) for row in rows],
        "seeds": seeds,
        "cost": asdict(meter.read()),
        "levelling_down": bool(down),
        "notes": list(trial.record.notes)[:3],
    }


def page(kept: dict[str, Any]) -> str:
    lines = [
        "# What the mitigations do",
        "",
        "Every mitigation with its usual settings, on three data sets; the model is a logistic regression, or the kind of",
        "model that the mitigation trains itself. *Control* is the model before with its threshold moved to the selection rate",
        "of the model after. Gaps and changes in points; a change is in bold where its paired 95 % interval leaves out zero and",
        "every seed has its sign (the range over the seeds stands last). ▼ marks levelling down: a gap that closed because a group got worse. Written by",
        "`python benchmarks/mitigation_table.py`; computing time is that of all seeds on a shared machine.",
        "",
        "A smaller gap here is no recommendation: the settings are not tuned, and each method has a price and a caution of its",
        "own, which [methods.md](methods.md) and the screens tell.",
        "",
    ]
    for data, (title, _) in DATA.items():
        lines += [f"## {title}", ""]
        lines += [
            "| mitigation | seeds | accuracy | equal selection | equal chances | equal errors | worst error | s |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, (spec, _) in sorted(
            catalogue().items(), key=lambda item: (_ORDER[item[1][0].stage], item[1][0].title)
        ):
            found = kept.get(data, {}).get(name)
            if found is None:
                continue
            if "refused" in found:
                lines.append(f"| {spec.title} | | {found['refused']} | | | | | |")
                continue
            rows = {(row["metric"], row["comparison"]): _row(row) for row in found["rows"]}
            cells = [_cell(rows[key]) for key in WANTED]
            mark = " ▼" if found["levelling_down"] else ""
            seconds = Cost.from_dict(found["cost"]).seconds
            lines.append(f"| {spec.title}{mark} | {found['seeds']} | {' | '.join(cells)} | {seconds:,.0f} |")
        lines.append("")
    return "\n".join(lines)


_ORDER: Final = {"pre": 0, "in": 1, "post": 2}


def _row(raw: dict[str, Any]) -> ComparisonRow:
    return ComparisonRow(**{**raw, "sensitive": tuple(raw["sensitive"])})


def _cell(row: ComparisonRow) -> str:
    values = [row.before, row.control, row.after]
    said = " → ".join("–" if value is None else f"{100 * value:.1f}" for value in values)
    change = wording.signed_points(row.change).removesuffix(" points").removesuffix(" point")
    change = f"**{change}**" if wording.shown_change(row) else change
    ends = "" if row.low is None or row.high is None else f" ({100 * row.low:.1f} to {100 * row.high:.1f})"
    runs = (
        ""
        if row.least is None or row.most is None
        else f"; seeds {100 * row.least:.1f} to {100 * row.most:.1f}"
    )
    return f"{said}: {change}{ends}{runs}".replace("-", "−")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--only", nargs="+", default=sorted(catalogue()))
    asked.add_argument("--seeds", type=int, default=SEEDS)
    asked.add_argument("--data", nargs="+", default=list(DATA), choices=list(DATA))
    asked.add_argument("--write", action="store_true")
    given = asked.parse_args()
    kept = (
        json.loads(KEPT.read_text(encoding="utf-8"))
        if given.write
        else tried(given.only, given.seeds, given.data)
    )
    PAGE.write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
