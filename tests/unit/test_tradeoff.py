"""Several seeds, people who changed sides, and the front of accuracy against the gap: counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit import wording
from audit.attempt import redrawn
from audit.before import seeds_of
from audit.cells import Attribute, from_arrays
from audit.comparison import compare
from audit.data.ingest import ingest_frame
from audit.errors import PlanError
from audit.figures.tradeoff import TradePoint, tradeoff
from audit.models.split import TEST, TRAIN, VALIDATION
from audit.plan import MitigationChoice, ModelChoice, Plan, Roles
from audit.rows import ComparisonRow
from audit.rows.trials import TrialRecord
from audit.run import prepare
from audit.tradeoff import flips, trade_rows
from audit.trial import Trial

PLAN = Plan(replicates=200)
RECORD = TrialRecord(mitigation="m", title="M", params={"seeds": 3}, baseline="mlp", n_train=1, n_test=1)

GROUP = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
LABEL = np.array([1, 1, 0, 0, 1, 1, 1, 0, 0, 0])
BEFORE = np.array([1, 1, 1, 0, 0, 0, 1, 0, 0, 1])
AFTER = np.array([1, 0, 0, 0, 1, 1, 1, 1, 0, 1])


def cells(before, after, group=GROUP, label=LABEL):
    parts = [np.asarray(part, dtype=np.int8) for part in (label, before, after)]
    return from_arrays([Attribute(column="g", levels=("a", "b"), missing=None)], group[:, None], parts)


def trial(before=BEFORE, after=AFTER, *again, title="M"):
    return Trial(
        record=replace(RECORD, title=title, mitigation=title.lower()),
        columns=("before", "after"),
        cells=cells(before, after),
        again=again,
    )


def counted(favourable="positive"):
    plan = replace(PLAN, roles=Roles(favourable=favourable))
    return {
        (row.group and row.group[0], row.label): (row.n, row.gained, row.lost)
        for row in flips(trial(), plan, ("g",))
    }


def test_people_who_changed_sides_are_counted_by_group_and_label():
    assert counted() == {
        (None, None): (10, 3, 2),
        (None, 1): (5, 2, 1),
        (None, 0): (5, 1, 1),
        ("a", None): (4, 0, 2),
        ("a", 1): (2, 0, 1),
        ("a", 0): (2, 0, 1),
        ("b", None): (6, 3, 0),
        ("b", 1): (3, 2, 0),
        ("b", 0): (3, 1, 0),
    }


def test_where_the_negative_decision_is_good_gains_and_losses_change_places():
    turned = {where: (n, lost, gained) for where, (n, gained, lost) in counted().items()}
    assert counted("negative") == turned


def test_the_sentence_names_the_group_that_lost_most():
    said = wording.flipped(flips(trial(), PLAN, ("g",)))
    assert said == (
        "Of 10 people, 5 (50.0 %) are decided otherwise: 3 for the better, 2 for the worse. "
        "Most was lost by g a: 2 decisions for the worse, 0 for the better."
    )
    same = wording.flipped(flips(trial(BEFORE, BEFORE), PLAN, ("g",)))
    assert same == "Of 10 people, nobody is decided otherwise."


def test_the_front_holds_the_models_that_no_other_beats_in_both():
    # Accuracy: before 6/10, after 7/10; a decision that follows the label is right for everybody.
    rows = trade_rows([trial(), trial(BEFORE, LABEL, title="Perfect")], PLAN, ("g",), "demographic_parity")
    found = {(row.title, row.stage): row for row in rows}
    assert found["M", "before"].accuracy == pytest.approx(0.6)
    assert found["M", "after"].accuracy == pytest.approx(0.7)
    assert found["M", "before"].gap == pytest.approx(3 / 4 - 2 / 6)
    assert found["Perfect", "after"].accuracy == 1
    assert found["Perfect", "after"].gap == pytest.approx(0.0)
    assert [key for key, row in found.items() if row.front] == [("Perfect", "after")]
    for row in rows:
        assert row.accuracy_low <= row.accuracy <= row.accuracy_high
        assert row.gap_low <= row.gap <= row.gap_high


def test_further_seeds_give_the_range_of_the_change():
    worse = cells(BEFORE, BEFORE)
    other = cells(BEFORE, LABEL)
    found = {
        (row.metric, row.comparison, row.group and row.group[0]): row
        for row in compare(trial(BEFORE, AFTER, worse, other), PLAN, [("g",)])
    }
    accuracy = found["accuracy", None, None]
    assert (accuracy.seeds, accuracy.least, accuracy.most) == (2, pytest.approx(0.0), pytest.approx(0.4))
    assert accuracy.typical == pytest.approx(0.1)
    gap = found["demographic_parity", "difference", None]
    first = abs(1 / 4 - 5 / 6) - abs(3 / 4 - 2 / 6)
    perfect = 0 - abs(3 / 4 - 2 / 6)
    assert gap.change == pytest.approx(first)
    assert (gap.least, gap.most) == (pytest.approx(perfect), pytest.approx(first))
    assert found["true_positive_rate", None, "a"].least == pytest.approx(-0.5)


def row(**more):
    given = {
        "mitigation": "m", "metric": "demographic_parity", "sensitive": ("g",), "comparison": "difference", "group": None,
        "original": None, "before": 0.2, "control": None, "after": 0.1, "change": -0.1, "low": -0.15, "high": -0.05,
        "n": 100,
    }  # fmt: skip
    return ComparisonRow(**{**given, **more})


def test_a_change_is_shown_only_where_interval_and_seeds_agree():
    assert wording.shown_change(row()) == -1
    assert wording.shown_change(row(seeds=4, least=-0.12, typical=-0.1, most=-0.02)) == -1
    assert wording.shown_change(row(seeds=4, least=-0.12, typical=-0.1, most=0.01)) == 0
    assert wording.shown_change(row(seeds=4, least=-0.12, typical=-0.1, most=0.0)) == 0
    assert wording.shown_change(row(high=0.01)) == 0
    assert wording.shown_change(row(low=0.02, high=0.2, change=0.1, seeds=2, least=0.0, most=0.1)) == 0
    assert wording.shown_change(row(low=0.02, high=0.2, change=0.1, seeds=2, least=0.01, most=0.1)) == 1
    assert wording.shown_change(row(low=None, high=None)) == 0
    said = wording.change(row(seeds=4, least=-0.12, typical=-0.1, most=0.01))
    assert said.endswith("−12.0 to +1.0 points over 5 seeds), so a change could not be shown.")


@pytest.mark.parametrize("given", [0, 21, 2.5, True, "five"])
def test_a_number_of_seeds_that_cannot_be_meant_is_refused(given):
    with pytest.raises(PlanError, match="whole number from 1 to 20"):
        seeds_of(MitigationChoice(id="reweighing", params={"seeds": given}))


def frame(n=600):
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], n)
    x = rng.normal(size=n) + (group == "a")
    return pd.DataFrame(
        {
            "g": group,
            "x": x,
            "y": (x + rng.normal(size=n) > 0.5).astype(int),
            "w": rng.uniform(0.5, 2.0, n),
            "part": np.where(
                np.arange(n) % 3 == 0, "test", np.where(np.arange(n) % 3 == 1, "validation", "train")
            ),
        }
    )


def work(tmp_path, **roles):
    plan = Plan(
        roles=Roles(label="y", sensitive=("g",), features=("x",), **roles),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        dated="2026-01-01",
    )
    return prepare(ingest_frame(frame(), tmp_path), plan)


def test_a_split_drawn_by_the_seed_is_drawn_again(tmp_path):
    bench = work(tmp_path).rows()
    again = redrawn(bench, 1)
    assert (again.split == TEST).sum() == (bench.split == TEST).sum()
    assert (again.split != bench.split).mean() > 0.3
    pd.testing.assert_frame_equal(again.frame, bench.frame)
    np.testing.assert_array_equal(again.split, redrawn(bench, 1).split)
    assert (again.split != redrawn(bench, 2).split).any()


def test_where_the_data_name_the_test_rows_only_the_others_are_drawn_again(tmp_path):
    bench = work(tmp_path, split="part", weight="w").rows()
    again = redrawn(bench, 1)
    for part in (TRAIN, VALIDATION, TEST):
        assert (again.split == part).sum() == (bench.split == part).sum()
        for group in (0, 1):
            for label in (0, 1):
                counts = [
                    ((b.split == part) & (b.codes[:, 0] == group) & (b.label == label)).sum()
                    for b in (bench, again)
                ]
                assert counts[0] == counts[1]
    for name in ("x", "w"):
        before, after = (np.sort(b.frame.loc[b.rows(TEST), name].to_numpy()) for b in (bench, again))
        np.testing.assert_array_equal(before, after)
    train = again.frame.loc[again.rows(TRAIN), "x"]
    assert train.duplicated().any()
    assert set(train) <= set(bench.frame.loc[bench.rows(TRAIN), "x"])
    np.testing.assert_array_equal(again.weight, again.frame["w"].to_numpy())


def test_a_trial_keeps_every_seed_and_reads_back(tmp_path):
    tried = work(tmp_path).attempt(MitigationChoice(id="reweighing", params={"seeds": 3}))
    assert len(tried.again) == 2
    assert tried.record.params["seeds"] == 3
    assert tried.record.resplit
    assert Trial.from_dict(tried.to_dict()).to_dict() == tried.to_dict()
    alone = work(tmp_path).attempt(MitigationChoice(id="reweighing", params={"seeds": 1}))
    assert alone.again == ()
    assert alone.cells.to_dict() == tried.cells.to_dict()


def test_of_many_repairs_only_the_best_and_the_open_one_have_names():
    """Fourteen names on one picture hide what they name."""
    points = [
        TradePoint(
            title=f"Repair {i}", stage=stage, accuracy=0.8 - 0.01 * i, gap=0.02 * (8 - i), front=i in {0, 7}
        )
        for i in range(8)
        for stage in ("before", "after")
    ]
    drawn = tradeoff(points, opened="Repair 3")
    written = " ".join(str(note.text) for note in drawn.layout.annotations)
    assert [i for i in range(8) if f"Repair {i}" in written] == [0, 3, 7]
    hovered = " ".join(str(text) for trace in drawn.data for text in (trace.hovertext or ()))
    assert all(f"Repair {i}" in hovered for i in range(8))
