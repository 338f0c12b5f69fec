"""What is said of thresholds and scores, on the screen, in the findings and in the report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.findings.scores import blurred, meaning, ranking
from audit.names import FAMILIES, SCORE_PAIRS
from audit.plan import Plan, Roles
from audit.report.blocks import Figure, Heading, Pair, Separator, Table
from audit.report.sections.scores import scores as section
from audit.result import Audit, _facts
from audit.rows import REASONS, DisparityRow, MetricRow
from audit.run import run
from audit.wording.scores import SCORE_TEXTS
from audit.wording.thresholds import Closest, promise_answer, ranking_answer, threshold_answer


def gap(metric="true_positive_rate", value=0.2, low=0.1, high=0.3, **more):
    given = {"group": ("a",), "reference": ("b",), "groups_estimable": 2, "groups_total": 2, **more}
    return DisparityRow(
        metric=metric, sensitive=("race",), comparison="difference", value=value, low=low, high=high, **given
    )


def rates(metric, a, b):
    return [
        MetricRow(
            metric=metric,
            sensitive=("race",),
            group=(name,),
            value=value,
            low=None,
            high=None,
            n=9,
            n_effective=9,
        )
        for name, value in (("a", a), ("b", b))
    ]


def test_the_answer_says_what_a_smaller_gap_costs():
    said = threshold_answer(gap(), 0.5, Closest(threshold=0.31, gap=0.05, accuracy=0.7, accuracy_now=0.8))
    assert said == (
        "Chances given: at the threshold in use, 0.5, the groups are 20.0 points apart (95 % interval 10.0 to 30.0 points). "
        "The closest that one threshold for all brings them, without selecting nearly everybody or nearly nobody, is "
        "5.0 points, at 0.31; accuracy would fall from 80.0 % to 70.0 %."
    )


@pytest.mark.parametrize(
    ("closest", "words"),
    [
        (None, "30.0 points)."),
        (
            Closest(threshold=0.5, gap=0.2, accuracy=0.8, accuracy_now=0.8),
            "No common threshold brings them closer",
        ),
        (Closest(threshold=0.4, gap=0.1, accuracy=0.9, accuracy_now=0.8), "rise from 80.0 % to 90.0 %"),
        (Closest(threshold=0.4, gap=0.1, accuracy=0.8, accuracy_now=0.8), "accuracy would stay as it is"),
    ],
)
def test_the_answer_when_nothing_is_gained_or_lost(closest, words):
    assert words in threshold_answer(gap(), 0.5, closest)


def test_the_answer_when_nothing_can_be_told():
    row = gap(value=None, low=None, high=None, reason="fewer_than_two_groups")
    assert "no gap can be estimated" in threshold_answer(row, 0.5, None)
    assert "over 1 of 2 groups" in threshold_answer(gap(groups_estimable=1), 0.5, None)


def test_promises_that_differ_are_said_by_group():
    metric = "calibration_in_the_large"
    said = promise_answer(gap(metric, 0.15, 0.1, 0.2), rates(metric, 0.1, -0.05))
    assert "scores are a 0.100 too high and b 0.050 too low" in said or "a 0.100 too high" in said
    assert "0.150 apart (95 % interval 0.100 to 0.200)" in said
    assert "could not be shown" in promise_answer(gap(metric, 0.15, 0.0, 0.2), rates(metric, 0.1, -0.05))
    assert "not probabilities" in promise_answer(
        gap(metric, None, None, None, reason="not_probabilities"), []
    )
    assert promise_answer(gap(metric, None, None, None, reason="fewer_than_two_groups"), []) == ""
    assert "right on average" in promise_answer(gap(metric, 0.1, 0.05, 0.2), rates(metric, 0.1, 0.0))


def test_ranking_says_over_how_many_groups():
    assert "(AUC 0.900) and worst for" in ranking_answer(gap("auc"), rates("auc", 0.9, 0.7))
    undefined = gap("auc", None, None, None, group=None, reference=None, groups_estimable=1)
    assert ranking_answer(undefined, rates("auc", 0.9, None)) == (
        "Ranking: no gap can be told, 1 of 2 groups have an AUC."
    )


def test_every_measure_has_a_text_with_a_unit():
    assert set(SCORE_TEXTS) == {*FAMILIES["scores"], *SCORE_PAIRS}
    for id_, said in SCORE_TEXTS.items():
        assert said.title == f"{said.short} ({said.term})", id_
        assert said.unit in {"index", "score"}
        assert said.reading.endswith(".")
        assert said.caution.endswith(".")


def test_formulas_are_set_by_typst():
    typst = pytest.importorskip("typst")
    source = "\n\n".join(f"$ {said.typst} $" for said in SCORE_TEXTS.values())
    assert typst.compile(source.encode()).startswith(b"%PDF")


def test_the_new_reasons_have_words():
    for code in ("not_probabilities", "constant_scores", "separated", "no_background"):
        assert REASONS[code]


# --- findings and report -------------------------------------------------------------------------------------


def audited(shift=0.0, noise=0.0, n=4_000, **roles):
    rng = np.random.default_rng(6)
    group = rng.choice(["a", "b"], n)
    truth = rng.beta(1.2, 1.2, n)
    blurred = np.where(group == "b", np.clip(truth + noise * rng.normal(size=n), 0, 1), truth)
    chance = np.clip(truth + shift * (group == "b"), 0, 1)
    frame = pd.DataFrame({"g": group, "s": blurred, "y": (rng.random(n) < chance).astype(int)})
    return run(frame, Plan(roles=Roles(label="y", score="s", sensitive=("g",), **roles), replicates=100))


def test_a_score_that_means_different_things_is_a_finding():
    audit = audited(shift=0.2)
    found = meaning(_facts(audit))
    assert [(one.code, one.severity) for one in found] == [("FA351", "medium")]
    assert found[0] in audit.findings
    assert "too low" in found[0].evidence


def test_a_group_that_is_ranked_worse_is_a_finding():
    found = ranking(_facts(audited(noise=0.6)))
    assert [(one.code, one.severity) for one in found] == [("FA352", "low")]
    assert "worst for g b" in found[0].evidence


def test_honest_scores_are_no_finding():
    facts = _facts(audited())
    assert meaning(facts) == ranking(facts) == []


def test_bins_that_hide_a_ranking_widen_its_interval_and_are_a_finding():
    """Scores of one group lie in a ten-thousandth of the range: one bin of equal width holds nearly all of them."""
    rng = np.random.default_rng(2)
    group, chance = np.repeat(["a", "b"], 2000), rng.random(4000)
    frame = pd.DataFrame(
        {
            "g": group,
            "s": np.where(group == "a", chance * 10, chance * 1e5),
            "y": (rng.random(4000) < chance).astype(int),
        }
    )
    plan = Plan(roles=Roles(label="y", score="s", threshold=5.0, sensitive=("g",)), replicates=100)
    binned, exact = run(frame, plan), run(frame, replace(plan, score_bins="exact"))
    areas = {
        audit.plan.score_bins: {
            row.group: row
            for row in audit.chapter("scores")
            if isinstance(row, MetricRow) and row.metric == "auc"
        }
        for audit in (binned, exact)
    }
    for name, row in areas[1000].items():
        assert row.low <= areas["exact"][name].value <= row.high, name
    assert areas[1000]["a",].value < areas["exact"]["a",].low
    assert ranking(_facts(binned)) == ranking(_facts(exact)) == blurred(_facts(exact)) == []
    (found,) = blurred(_facts(binned))
    assert (found.code, found.severity) == ("FA353", "low")
    assert "g a can be off by up to 0.19" in found.evidence
    assert "--score-bins exact" in found.advice
    (apart,) = [
        row
        for row in binned.chapter("scores")
        if isinstance(row, DisparityRow) and (row.metric, row.comparison) == ("auc", "difference")
    ]
    assert apart.low == 0


def test_no_scores_no_finding_and_no_section():
    frame = pd.DataFrame({"g": list("aabb"), "d": [0, 1, 0, 1], "y": [0, 1, 1, 0]})
    audit = run(frame, Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), replicates=100))
    assert meaning(_facts(audit)) == ranking(_facts(audit)) == section(audit) == []


def test_the_section_has_a_lead_a_picture_and_a_table():
    audit = audited(shift=0.2)
    blocks = section(audit)
    assert isinstance(blocks[0], Heading)
    assert "ranking is best for" in blocks[1].runs[0].text
    assert any(isinstance(block, Figure | Pair) for block in blocks)
    made = next(block for block in blocks if isinstance(block, Table))
    assert sum(isinstance(row, Separator) for row in made.rows) == 1
    assert [row[0].text for row in made.rows if not isinstance(row, Separator)] == ["Everybody", "a", "b"]


def test_scores_that_are_no_probabilities_have_a_shorter_table():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"g": rng.choice(["a", "b"], 300), "s": rng.integers(1, 11, 300), "y": rng.integers(0, 2, 300)}
    )
    audit = run(
        frame, Plan(roles=Roles(label="y", score="s", sensitive=("g",), threshold=5.0), replicates=100)
    )
    made = next(block for block in section(audit) if isinstance(block, Table))
    assert len(made.columns) == 4
    assert "not probabilities" in section(audit)[1].runs[0].text


def test_the_chapters_survive_the_json():
    audit = audited(n=500)
    again = Audit.from_json(audit.to_json())
    for name in ("scores", "calibration", "score_gaps"):
        assert again.chapter(name) == audit.chapter(name)
