"""Nothing that leaves the house gives a small count away: an attacker with every published number is sent to find one."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from functools import cache
from itertools import product

import jsonschema
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from audit import cli
from audit.cells import Attribute, Cells
from audit.data.samples import FOLDER, sample
from audit.disclosure.pattern import pattern
from audit.disclosure.protect import protected
from audit.errors import InputError
from audit.lookup import groupings
from audit.metrics.rates import RATES
from audit.plan import Grouping, MitigationChoice, ModelChoice, Plan, Roles
from audit.report.compose import to_pages, to_pdf
from audit.result import Audit, assemble
from audit.rows import Authority, DataRecord, ModelRecord
from audit.run import run
from tests.by_hand import people

SUPPRESS = Grouping(small="suppress", small_size=10)
RATE = {rate.id: rate for rate in RATES}


def audit_of(cells, small=10, **roles):
    plan = Plan(
        roles=Roles(label="y", decision="d", sensitive=cells.sensitive, **roles),
        grouping=Grouping(small="suppress", small_size=small),
        replicates=100,
        dated="2026-01-01",
    )
    return assemble(
        plan=plan,
        data=DataRecord(name="t", fingerprint="0" * 64, read=cells.total, audited=cells.total),
        model=ModelRecord(title="Decisions", kind="column"),
        cells=cells,
        tried=(),
        authority=Authority(version="0", checked=0, largest_difference=0.0, undefined=0),
        versions={"evenhand": "0", "python": "3"},
    )


def random_cells(seed, *, weighted=False):
    rng = np.random.default_rng(seed)
    sizes = [(5,), (2, 4), (3, 5), (2, 2, 3)][seed % 4]
    attributes = tuple(
        Attribute(column=f"c{i}", levels=tuple(f"{i}{j}" for j in range(size)))
        for i, size in enumerate(sizes)
    )
    groups = tuple(product(*(a.levels for a in attributes)))
    scale = rng.choice([3.0, 12.0, 40.0, 300.0], len(groups))
    n = rng.poisson(scale[:, None, None] * rng.dirichlet(np.ones(4), len(groups)).reshape(-1, 2, 2)).astype(
        float
    )
    keep = n.sum(axis=(1, 2)) > 0
    groups = tuple(group for group, kept in zip(groups, keep, strict=True) if kept)
    n = n[keep]
    w = n * rng.uniform(0.5, 3.0, n.shape) if weighted else n.copy()
    w2 = w * w / np.maximum(n, 1) if weighted else n.copy()
    return Cells(attributes=attributes, groups=groups, n=n, w=w, w2=w2, weighted=weighted)


class Attacker:
    """Knows which groups there are, every number of the file, and how tables add up; looks for the withheld counts."""

    def __init__(self, cells, metrics, listed):
        self.at, self.truth, self.told = {}, [], set()
        for sensitive in groupings(cells.sensitive):
            part = cells.marginal(sensitive)
            for group, table in zip(part.groups, part.n, strict=True):
                self.at[sensitive, group] = len(self.truth)
                self.truth += table.ravel().tolist()
        self.everybody = len(self.truth)
        self.truth = np.array(self.truth + cells.n.sum(axis=0).ravel().tolist())
        self.rows, self.values = [], []
        self._sums(cells)
        self._metrics(metrics, weighted=cells.weighted)
        for group, (label, decision, n) in listed:
            start = self.at[cells.sensitive, group]
            self._know({start + 2 * label + decision: 1.0}, n)

    def _know(self, terms, value):
        row = np.zeros(len(self.truth))
        for place, weight in terms.items():
            row[place] += weight
        self.rows.append(row)
        self.values.append(value)

    def _sums(self, cells):
        finest = cells.sensitive
        for i, column in enumerate(finest):
            singles = [(key, at) for key, at in self.at.items() if key[0] == (column,)]
            for cell in range(4):
                self._know({self.everybody + cell: -1.0, **{at + cell: 1.0 for _, at in singles}}, 0)
                if len(finest) > 1:
                    for (_, (level,)), start in singles:
                        parts = {
                            at + cell: 1.0
                            for key, at in self.at.items()
                            if key[0] == finest and key[1][i] == level
                        }
                        self._know({start + cell: -1.0, **parts}, 0)

    def _metrics(self, metrics, *, weighted):
        for row in metrics:
            sensitive, group = tuple(row["sensitive"]), row["group"]
            start = self.everybody if group is None else self.at[sensitive, tuple(group)]
            if row["metric"] == "count":
                self._know({start + cell: 1.0 for cell in range(4)}, row["n"])
                continue
            rate = RATE[row["metric"]]
            if row["reason"] == "suppressed" and row["n"] == 0:
                continue
            self._know({start + 2 * y + d: 1.0 for y, d in rate.denominator}, row["n"])
            if row["metric"] == "accuracy" and row["value"] is not None:
                self.told.add(start)
            if row["value"] is not None and not weighted:
                self._know({start + 2 * y + d: 1.0 for y, d in rate.numerator}, row["value"] * row["n"])

    def narrowest(self):
        """The width of what is known about the best known count that is neither published nor 0."""
        equations, values = csr_array(np.array(self.rows)), np.array(self.values)
        widths = []
        asked = [place for place in np.flatnonzero(self.truth > 0) if place - place % 4 not in self.told]
        for place in asked:
            aim = np.zeros(len(self.truth))
            aim[place] = 1.0
            ends = [
                linprog(sign * aim, A_eq=equations, b_eq=values, bounds=(0, None), method="highs")
                for sign in (1, -1)
            ]
            assert ends[0].status == 0
            widths.append(np.inf if ends[1].status == 3 else -ends[1].fun - ends[0].fun)
        return np.array(widths), self.truth[asked]


def attack(audit):
    file = json.loads(protected(audit).to_json())
    listed = [
        (tuple(file["cells"]["groups"][row[0]]), tuple(int(v) for v in row[1:4]))
        for row in file["cells"]["rows"]
    ]
    return Attacker(audit.cells, file["metrics"], listed).narrowest()


def small_ones_are_safe(audit, small):
    """Every count that is withheld could be any of ``small`` numbers at least; every small one is withheld."""
    safe = protected(audit)
    widths, truth = attack(audit)
    every = np.concatenate(
        [audit.cells.marginal(one).n.ravel() for one in groupings(audit.cells.sensitive)]
        + [audit.cells.n.sum(axis=0).ravel()]
    )
    few = (every > 0) & (every < small)
    assert ((truth > 0) & (truth < small)).sum() == few.sum()
    # Where there are fewer people in all than that, how many there are is all that is known.
    assert (widths >= min(small, audit.cells.total) - 1e-4).all()
    return int(few.sum()), safe


@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(i, marks=pytest.mark.slow) for i in range(6, 40))]
)
def test_no_small_count_can_be_worked_out_on_random_tables(seed):
    audit = audit_of(random_cells(seed), small=6)
    few, _ = small_ones_are_safe(audit, 6)
    assert few, "a table with small counts"


@pytest.mark.parametrize("seed", [1, 2])
def test_weights_give_no_small_count_away(seed):
    audit = audit_of(random_cells(seed, weighted=True), small=6)
    small_ones_are_safe(audit, 6)
    file = json.loads(protected(audit).to_json())
    assert file["cells"]["weighted"] is False
    assert all(len(row) == 4 for row in file["cells"]["rows"])
    for row in file["metrics"]:
        assert row["value"] is None or row["value"] == round(row["value"], 3)
        assert row["n_effective"] is None or row["n_effective"] == int(row["n_effective"])


@cache
def acs():
    found = sample("acs_employment")
    plan = replace(
        found.plan,
        grouping=replace(found.plan.grouping, small="suppress", small_size=10),
        roles=replace(found.plan.roles, sensitive=("sex", "race")),
        replicates=100,
        dated="2026-01-01",
    )
    return run(found.path, plan)


def test_no_small_count_can_be_worked_out_on_the_employment_data():
    few, safe = small_ones_are_safe(acs(), 10)
    assert few > 5
    assert safe.protection.small > 5


def test_one_group_withheld_takes_the_next_smallest_with_it():
    audit = audit_of(people(a=(50, 20, 3, 40), b=(100, 100, 100, 100), c=(30, 30, 30, 30)))
    found = pattern(audit.cells, small=10)
    assert found.groups(("g",), "primary") == {("a",)}
    assert found.groups(("g",)) == {("a",), ("c",)}
    assert not found.groups(())


def test_margins_stay_where_they_give_nothing_away_and_their_rates_with_them():
    audit = audit_of(people(a=(500, 200, 3, 400), b=(600, 100, 300, 100), c=(900, 300, 300, 300)))
    safe = protected(audit)
    kept = {(row.metric, row.group): row for row in safe.metrics}
    margins = pattern(audit.cells, small=10).groups(("g",), "margins")
    assert margins
    for (group,) in margins:
        row = kept["selection_rate", (group,)]
        assert row == audit.metric("selection_rate", ("g",), (group,))
        assert kept["true_positive_rate", (group,)].value is None
        assert kept["true_positive_rate", (group,)].reason == "suppressed"


def test_disparities_are_over_what_is_left_and_count_what_is_withheld():
    audit = audit_of(
        people(a=(50, 20, 3, 40), b=(100, 100, 100, 100), c=(30, 30, 30, 30), d=(80, 20, 20, 80))
    )
    safe = protected(audit)
    row = safe.disparity("equal_opportunity", "difference", ("g",))
    assert (row.group, row.reference, row.value) == (("d",), ("b",), pytest.approx(0.3))
    assert (row.groups_estimable, row.groups_total) == (2, 4)
    withheld = {("a",), ("c",)}
    for each in (*safe.disparities, *safe.larger):
        if each.value is not None and each.metric not in {
            "selection_rate",
            "base_rate",
            "demographic_parity",
        }:
            assert each.group not in withheld
            assert each.reference not in withheld or each.comparison == "worst_group"
    worst = safe.disparity("error_rate", "worst_group", ("g",))
    assert worst.group == ("b",)
    assert worst.overall == audit.metric("error_rate", ("g",)).value, (
        "everybody, the withheld ones among them"
    )
    assert worst.distance == pytest.approx(worst.value - worst.overall)
    assert worst.distance_low < worst.distance < worst.distance_high


def test_what_is_finer_than_the_groups_is_left_out():
    safe = protected(acs())
    file = json.loads(safe.to_json())
    assert all(table is None for table in file["basis"].values())
    assert all(not rows for rows in file["chapters"].values())
    assert file["comparison"] == file["trials"] == []
    assert file["protected"]["withheld"] >= file["protected"]["small"] > 0
    assert safe.findings[-1].code == "FA362"


def test_repairs_are_left_out():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"y": rng.integers(0, 2, 400), "x": rng.random(400), "g": rng.choice(["a", "b"], 400)}
    )
    plan = Plan(
        roles=Roles(label="y", sensitive=("g",)),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        mitigations=(MitigationChoice(id="reweighing"),),
        grouping=SUPPRESS,
        replicates=100,
        dated="2026-01-01",
    )
    audit = run(frame, plan)
    assert audit.tried
    safe = protected(audit)
    assert safe.tried == safe.comparison == ()
    assert safe.data.audited == audit.data.audited
    assert len(to_pdf(safe)) > 10_000


def test_how_many_have_no_group_recorded_is_withheld_with_the_group():
    cells = people(missing="Unknown", a=(50, 20, 30, 40), b=(100, 100, 100, 100), Unknown=(1, 1, 1, 1))
    audit = audit_of(cells)
    audit = replace(audit, data=replace(audit.data, missing=(("g", 4), ("other", 2))))
    safe = protected(audit)
    assert safe.data.missing == (("other", 2),)
    assert "FA303" not in {finding.code for finding in safe.findings}


@pytest.mark.parametrize(
    "cells",
    [
        people(a=(1, 2, 3, 4), b=(2, 2, 2, 2), c=(5, 1, 1, 1)),
        people(a=(3, 1, 1, 3)),
        people(a=(300, 100, 100, 300)),
        people(a=(0, 0, 0, 400), b=(0, 0, 0, 7)),
        people(a=(400, 0, 0, 0), b=(100, 0, 0, 0)),
    ],
    ids=["all small", "one small group", "one large group", "only one cell", "zeros"],
)
def test_extreme_tables_are_protected_and_can_be_printed(cells):
    audit = audit_of(cells)
    safe = protected(audit)
    small_ones_are_safe(audit, 10)
    assert to_pdf(safe)
    shown = {row.group for row in safe.metrics if row.group is not None}
    assert shown <= set(cells.groups)


def test_where_everything_is_small_even_everybody_is_withheld():
    safe = protected(audit_of(people(a=(3, 1, 1, 3))))
    assert safe.protection.everybody
    assert {row.value for row in safe.metrics if row.metric != "count"} == {None}
    assert safe.metric("count", ("g",)).n == 8, "how many people there are in all is no secret"
    assert safe.groups(("g",)) == ()


def test_other_policies_change_nothing():
    audit = audit_of(people(a=(1, 2, 3, 4), b=(2, 2, 2, 2)))
    for small in ("keep", "merge"):
        kept = replace(audit, plan=replace(audit.plan, grouping=Grouping(small=small)))
        assert protected(kept) is kept
    safe = protected(audit)
    assert protected(safe) is safe


def test_a_protected_file_cannot_be_taken_for_the_audit():
    text = protected(acs()).to_json()
    with pytest.raises(InputError, match="protected") as caught:
        Audit.from_json(text)
    assert caught.value.code == "audit_protected"
    assert Audit.from_json(acs().to_json()).protection is None


@pytest.mark.parametrize("text", ["[]", "3", "null", '{"protected": 1}', "{}"])
def test_what_is_no_audit_is_refused_in_words(text):
    with pytest.raises(InputError) as caught:
        Audit.from_json(text)
    assert caught.value.code == "audit_unreadable"


def _numbers(audit):
    """Rates of the withheld groups, as they would be printed in full precision."""
    safe = protected(audit)
    left = {(row.metric, row.sensitive, row.group) for row in safe.metrics if row.value is not None}
    return [
        row.value
        for row in audit.metrics
        if row.group is not None
        and row.value not in (None, 0.0, 1.0)
        and (row.metric, row.sensitive, row.group) not in left
        and row.metric != "count"
    ]


def test_every_way_out_is_protected(tmp_path, capsys):
    from ui import downloads

    audit = acs()
    secret = {repr(value) for value in _numbers(audit) if len(repr(value)) > 12}
    assert secret
    cli.write(audit, tmp_path)
    assert json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["protected"]
    files = {name: make(audit) for _, _, name, _, make in downloads.FILES}
    texts = {
        "audit.json": files["audit.json"].decode(),
        "cli": (tmp_path / "audit.json").read_text(encoding="utf-8"),
    }
    for name in ("tables.zip", "figures.zip"):
        archive = zipfile.ZipFile(io.BytesIO(files[name]))
        texts |= {f"{name}/{each}": archive.read(each).decode() for each in archive.namelist()}
    public = {repr(row.value) for row in protected(audit).metrics} | {
        repr(value) for row in protected(audit).disparities for value in (row.value, row.low, row.high)
    }
    for name, text in texts.items():
        assert not [value for value in secret - public if value in text], name
    rows = list(csv.DictReader(io.StringIO(texts["tables.zip/metrics.csv"].lstrip("\ufeff"))))
    assert {row["reason"] for row in rows} >= {"suppressed", ""}
    assert to_pdf(audit) == to_pdf(protected(audit)) == files["report.pdf"]
    assert to_pages(audit) == to_pages(protected(audit))


def test_the_attached_results_are_protected_too():
    import pypdfium2

    found = pypdfium2.PdfDocument(to_pdf(acs()))
    texts = {
        found.get_attachment(i).get_name(): bytes(found.get_attachment(i).get_data())
        for i in range(found.count_attachments())
    }
    assert texts["audit.json"].decode() == protected(acs()).to_json()
    first = found[0].get_textpage().get_text_bounded()
    assert "withheld to protect people" in " ".join(first.split())


def test_the_command_line_says_what_it_writes(tmp_path, capsys):
    rows = [
        (g, y, d)
        for g, n in (("a", 40), ("b", 40), ("c", 3))
        for y, d in product((0, 1), repeat=2)
        for _ in range(n)
    ]
    data = tmp_path / "d.csv"
    pd.DataFrame(rows, columns=["g", "y", "d"]).to_csv(data, index=False)
    plan = tmp_path / "plan.json"
    plan.write_text(
        replace(
            Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=100, dated="2026-01-01"),
            grouping=SUPPRESS,
        ).to_json(),
        encoding="utf-8",
    )
    status = cli.main(["run", "--data", str(data), "--plan", str(plan), "--out", str(tmp_path / "out")])
    file = json.loads((tmp_path / "out" / "audit.json").read_text(encoding="utf-8"))
    assert file["protected"]["small"] == 1
    verdicts = {row["verdict"] for row in file["disparities"]}
    assert status == (
        cli.BEYOND if "beyond" in verdicts else cli.CANNOT_TELL if "cannot_tell" in verdicts else cli.WITHIN
    )
    assert "c" not in {row["group"][0] for row in file["metrics"] if row["group"]}


def test_what_is_withheld_is_never_said_to_be_lacking():
    cells = random_cells(1)
    told = protected(audit_of(cells, small=400))
    assert not told.cells.groups
    rows = [row for row in told.disparities if len(row.sensitive) == 2 and row.value is None]
    assert rows
    assert {row.reason for row in rows} == {"suppressed"}
    schema = json.loads((FOLDER.parent / "docs" / "audit.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(told.to_json()), schema)


def test_a_protected_report_claims_nothing_about_certainty():
    from audit.report.sections.certainty import certainty

    told = protected(audit_of(random_cells(1)))
    assert certainty(told) == []
