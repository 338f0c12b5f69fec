from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from audit import wording
from audit.names import DATA_MEASURES, FAMILY, MORE_CRITERIA, SCORE_PAIRS
from audit.plan import CRITERIA, RATES, Roles
from audit.rows import (
    REASONS,
    ComparisonRow,
    DataRecord,
    DisparityRow,
    MetricRow,
    ModelRecord,
)

ROLES = Roles(label="employed", positive="1", sensitive=("sex",))
TURNED = Roles(label="reoffended", positive="1", favourable="negative", sensitive=("sex",))


def rate(metric, group, value, n=500):
    return MetricRow(
        metric=metric,
        sensitive=("sex",),
        group=group,
        value=value,
        low=None,
        high=None,
        n=n,
        n_effective=None,
    )


def gap(metric="equal_opportunity", comparison="difference", **more):
    given = {
        "group": ("Male",),
        "reference": ("Female",),
        "value": 0.579,
        "low": 0.562,
        "high": 0.596,
        "groups_estimable": 2,
        "groups_total": 2,
        "tolerance": 0.1,
        "verdict": "beyond",
    }
    return DisparityRow(metric=metric, sensitive=("sex",), comparison=comparison, **{**given, **more})


def changed(**more):
    given = {
        "mitigation": "reweighing",
        "metric": "selection_rate",
        "sensitive": ("sex",),
        "comparison": None,
        "group": ("Male",),
        "original": None,
        "before": 0.6,
        "control": None,
        "after": 0.5,
        "change": -0.1,
        "low": -0.12,
        "high": -0.08,
        "n": 500,
    }
    return ComparisonRow(**{**given, **more})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (wording.percent(0.318), "31.8 %"),
        (wording.percent(0.0), "0.0 %"),
        (wording.percent(-0.00001), "0.0 %"),
        (wording.percent(None, reason="no_positives"), "not estimable: no positive labels"),
        (wording.percent(float("nan")), "not estimable"),
        (wording.points(0.579), "57.9 points"),
        (wording.points(-0.082), "−8.2 points"),
        (wording.signed_points(0.032), "+3.2 points"),
        (wording.signed_points(-0.00001), "0.0 points"),
        (wording.ratio(0.35), "0.35"),
        (wording.ratio(None, reason="zero_reference_rate"), "not estimable: the reference rate is 0"),
        (wording.count(68785), "68,785"),
        (wording.count(None), "unknown"),
        (wording.pvalue(0.0312), "p = 0.031"),
        (wording.pvalue(0.00001), "p < 0.001"),
        (wording.level(0.95), "95 %"),
        (wording.level(0.999), "99.9 %"),
        (wording.gap_interval(0.56, 0.6), "95 % interval 56.0 to 60.0 points"),
        (
            wording.gap_interval(-0.1, -0.06, kind="paired"),
            "95 % paired interval −10.0 to −6.0 points",
        ),
        (wording.rate_interval(None, 0.5), ""),
        (wording.ratio_interval(0.33, 0.38, confidence=0.9), "90 % interval 0.33 to 0.38"),
    ],
)
def test_numbers_are_written_the_same_everywhere(written, expected):
    assert written == expected


def test_every_reason_has_words():
    for code, words in REASONS.items():
        assert wording.percent(None, reason=code) == f"not estimable: {words}"


def test_every_metric_criterion_and_comparison_has_a_full_text():
    comparisons = {"minimax", "difference", "ratio", "worst_group", "to_reference"}
    wanted = {"count", *RATES, *CRITERIA, *MORE_CRITERIA, *FAMILY, *DATA_MEASURES, *SCORE_PAIRS, *comparisons}
    assert set(wording.TEXTS) == wanted
    for favourable in ("positive", "negative"):
        for id_ in wanted:
            said = wording.text(id_, favourable)
            empty = [f.name for f in fields(said) if f.name != "references" and not getattr(said, f.name)]
            assert empty == [], id_
            assert said.title.endswith(")")
            assert id_ in wording.COMPARISON_TEXTS or said.title == f"{said.short} ({said.term})"
            assert said.reading.endswith(".")
            assert said.caution.endswith(".")


def test_titles_say_the_plain_words_first():
    assert wording.metric_title("false_negative_rate") == "Missed chances (false negative rate)"
    assert wording.metric_title("true_positive_rate") == "Chances given (true positive rate)"
    assert wording.metric_title("false_positive_rate") == "False alarms (false positive rate)"
    assert wording.metric_title("selection_rate") == "Selected (selection rate)"
    assert wording.metric_title("selection_rate", "negative") == "Flagged (selection rate)"
    assert wording.metric_title("true_negative_rate", "negative") == "Chances given (true negative rate)"


def test_readings_turn_with_the_favourable_decision():
    assert "true positive rate gap" in wording.text("equal_opportunity").reading
    assert "true negative rate gap" in wording.text("equal_opportunity", "negative").reading
    assert wording.criterion_rates("equal_opportunity", "negative") == ("true_negative_rate",)
    assert wording.criterion_rates("equalized_odds", "negative") == (
        "true_negative_rate",
        "false_negative_rate",
    )
    assert wording.direction("selection_rate") == 1
    assert wording.direction("selection_rate", "negative") == -1
    assert wording.direction("error_rate", "negative") == -1
    assert wording.direction("base_rate") == 0


def test_fraction_formulas_agree_in_text_latex_and_typst():
    for said in wording.METRIC_TEXTS.values():
        plain = re.findall(r"\b(TP|FP|FN|TN)\b", said.formula)
        assert re.findall(r"\\mathrm\{(TP|FP|FN|TN)\}", said.latex) == plain
        assert re.findall(r'"(TP|FP|FN|TN)"', said.typst) == plain


def test_headline_says_both_rates_and_the_interval():
    rates = [rate("true_positive_rate", ("Male",), 0.897), rate("true_positive_rate", ("Female",), 0.318)]
    assert wording.headline(gap(), rates, ROLES) == (
        "Among people whose employed is 1, 89.7 % of ‘Male’ and 31.8 % of ‘Female’ were selected: "
        "a gap of 57.9 points (95 % interval 56.2 to 59.6 points)."
    )


def test_headline_says_over_how_many_groups():
    rates = [rate("selection_rate", ("Male",), 0.5), rate("selection_rate", ("Female",), 0.25)]
    row = gap(
        "demographic_parity",
        "ratio",
        value=0.5,
        low=0.4,
        high=0.6,
        groups_total=3,
        group=("Female",),
        reference=("Male",),
    )
    assert wording.headline(row, rates, ROLES) == (
        "50.0 % of ‘Male’ and 25.0 % of ‘Female’ were selected: a ratio of 0.50 (95 % interval 0.40 to 0.60), "
        "over 2 of 3 groups."
    )


def test_headline_turns_to_those_who_did_not_reoffend():
    rates = [rate("true_negative_rate", ("Male",), 0.55), rate("true_negative_rate", ("Female",), 0.77)]
    row = gap(value=0.22, low=0.2, high=0.24, group=("Female",), reference=("Male",))
    assert wording.headline(row, rates, TURNED).startswith(
        "Among people whose reoffended is not 1, 77.0 % of ‘Female’ and 55.0 % of ‘Male’ were not flagged: a gap of 22.0"
    )


def test_headline_of_turned_selection_shows_the_favourable_share():
    rates = [rate("selection_rate", ("Male",), 0.6), rate("selection_rate", ("Female",), 0.4)]
    row = gap("demographic_parity", value=0.2, low=0.1, high=0.3, group=("Female",), reference=("Male",))
    assert wording.headline(row, rates, TURNED).startswith(
        "60.0 % of ‘Female’ and 40.0 % of ‘Male’ were not flagged: a gap of 20.0 points"
    )


def test_headline_of_equalized_odds_names_the_rate_that_makes_it():
    rates = [
        rate("true_positive_rate", ("Male",), 0.9),
        rate("true_positive_rate", ("Female",), 0.85),
        rate("false_positive_rate", ("Male",), 0.5),
        rate("false_positive_rate", ("Female",), 0.2),
    ]
    row = gap("equalized_odds", value=0.3, low=0.2, high=0.4)
    assert "is not 1, 50.0 % of ‘Male’ and 20.0 % of ‘Female’ were selected" in wording.headline(
        row, rates, ROLES
    )


def test_headline_of_what_is_not_estimable_gives_the_reason():
    row = gap(value=None, low=None, high=None, reason="fewer_than_two_groups", groups_estimable=1)
    assert wording.headline(row, [], ROLES) == (
        "Equal chances by sex: not estimable: fewer than two groups can be estimated, over 1 of 2 groups."
    )


def test_verdicts_come_with_their_tolerance_and_their_doubt():
    assert wording.verdict_sentence(gap()) == "That is beyond the tolerance of 10 points."
    assert (
        wording.verdict_sentence(gap(comparison="ratio", tolerance=0.8, verdict="within"))
        == "That is within the tolerance of at least 0.80."
    )
    assert (
        wording.verdict_sentence(gap(verdict="cannot_tell", low=0.05))
        == "Against the tolerance of 10 points the data cannot tell: the interval reaches across it."
    )
    thin = gap(verdict="cannot_tell", value=0.03, low=0.0, high=0.06, groups_estimable=7, groups_total=9)
    assert (
        wording.verdict_sentence(thin)
        == "Against the tolerance of 10 points the data cannot tell: 2 of 9 groups cannot be estimated."
    )
    assert wording.verdict_sentence(gap(verdict=None)) == ""
    assert [
        wording.verdict_symbol(v) + wording.verdict_word(v) for v in ("within", "beyond", "cannot_tell")
    ] == [
        "●Within tolerance",
        "▲Beyond tolerance",
        "◇Cannot tell",
    ]


def test_chance_and_small_denominators_are_said():
    assert (
        wording.chance(gap(expected=0.041))
        == "Chance alone would show about 4.1 points between groups of these sizes."
    )
    assert wording.chance(gap()) == ""
    rates = [
        rate("true_positive_rate", ("Male",), 0.897),
        rate("true_positive_rate", ("Female",), 0.318, n=12),
    ]
    larger = replace(gap(), value=0.082)
    assert wording.small_denominator(gap(), rates, ROLES, larger) == (
        "The gap rests on n = 12 people in Female; over groups of at least 30 it is 8.2 points."
    )
    many = [replace(row, n=30) for row in rates]
    assert wording.small_denominator(gap(), many, ROLES, larger) == ""


def test_worst_group_is_named_with_its_distance():
    row = DisparityRow(
        metric="error_rate",
        sensitive=("race",),
        comparison="worst_group",
        group=("Black",),
        value=0.31,
        low=0.25,
        high=0.37,
        overall=0.19,
        distance=0.12,
        distance_low=0.06,
        distance_high=0.18,
        groups_estimable=2,
        groups_total=2,
    )
    assert wording.worst_group(row) == (
        "Wrong decisions (error rate): the worst group by race is Black with 31.0 % (95 % interval 25.0 to 37.0 %, "
        "whichever group is the worst), 12.0 points above everybody (95 % interval 6.0 to 18.0 points)."
    )


def test_changes_come_with_their_paired_interval():
    row = changed(
        comparison="difference", group=None, before=0.221, after=0.139, change=-0.082, low=-0.1, high=-0.06
    )
    assert wording.change(row) == (
        "Selected: the gap by sex fell from 22.1 points to 13.9 points; change −8.2 points "
        "(95 % paired interval −10.0 to −6.0 points)."
    )
    unsure = changed(low=-0.2, high=0.05)
    assert wording.change(unsure).endswith("so a change could not be shown.")
    assert "not estimable" in wording.change(changed(after=None, change=None))


def test_levelling_down_is_flagged_only_where_it_is_shown():
    narrowed = changed(comparison="difference", group=None, change=-0.05, low=-0.08, high=-0.02)
    assert wording.levelling_down(replace(narrowed, high=0.01), [changed()]) == ""
    lost = changed()
    assert wording.levelling_down(narrowed, [lost]).startswith(
        "Levelling down: the gap closed only because a group got worse (selected: Male from 60.0 % to 50.0 %)."
    )
    gained = changed(group=("Female",), before=0.3, after=0.4, change=0.1, low=0.05, high=0.15)
    assert "partly because" in wording.levelling_down(narrowed, [lost, gained])
    assert wording.levelling_down(narrowed, [gained]) == ""
    assert wording.levelling_down(replace(narrowed, change=0.05, low=0.02, high=0.08), [lost]) == ""
    assert wording.levelling_down(narrowed, [lost], "negative") == ""


def test_overview_counts_the_verdicts():
    data = DataRecord(name="people.csv", fingerprint="0" * 64, read=100, audited=90)
    model = ModelRecord(title="Decisions from column 'decision'", kind="column")
    text = wording.overview(
        data, model, [gap(), gap("demographic_parity", verdict="within", value=0.02)], ROLES
    )
    assert text == (
        "90 people of people.csv were audited (all rows). Decisions from column 'decision'. Of 2 criteria over 1 grouping, "
        "1 is beyond tolerance, 1 is within it, and 0 cannot be decided. The clearest gap beyond tolerance is 57.9 points "
        "(95 % interval 56.2 to 59.6 points) in equal chances by sex."
    )
    assert "no tolerance" in wording.overview(data, model, [], ROLES)


def test_codes_are_named_with_their_column():
    assert wording.group_phrase(("disability",), ("1",)) == "disability 1"
    assert wording.group_phrase(("sex", "veteran"), ("Female", "True")) == "Female × veteran True"
    assert wording.group_phrase(("sex",), None) == "everybody"


def test_names_are_cleaned_for_display():
    assert wording.escape_plain("a\n\tb\u202ec\x00") == "a bc"
    assert wording.escape_plain("مرحبا 汉字") == "مرحبا 汉字"
    long = wording.escape_plain("x" * 10_000)
    assert len(long) == 200
    assert long.count("…") == 1
    assert wording.escape_plain("x" * 10**7 + "the end").endswith("the end")
    assert wording.escape_plain("x" * 200) == "x" * 200
    assert wording.escape_plain("\u202e \n") == "(blank)"


def test_labels_show_markup_literally():
    assert wording.label("<b>bold</b>") == "&lt;b&gt;bold&lt;/b&gt;"
    assert "<" not in wording.label("a<br>b")
    assert "%{" not in wording.label("%{y}")
    assert "$" not in wording.label("$a^2$")


def test_spreadsheets_read_no_formula():
    for text in ("=cmd()", "+1", "-1", "@x", "\tx", " =1"):
        assert wording.csv_safe(text) == f"'{text}"
    assert wording.csv_safe("White") == "White"


def test_long_names_keep_their_end():
    names = [f"Region of the northern district, as recorded in the register, number {at}" for at in (12, 13)]
    assert wording.escape_plain(names[0], 60).endswith("number 12")
    assert len(wording.escape_plain(names[0], 60)) <= 60
    one, two = wording.distinct(names, 17)
    assert (one[-1][-9:], two[-1][-9:]) == ("number 12", "number 13")
    assert all(len(line) <= 17 for line in (*one, *two))
    assert wording.escape_plain("x" * 50, 10) == "x" * 9 + "…"


def test_what_was_measured_has_its_unit():
    found = {"fitted_gap": 5.6e-17, "drawn_share": 0.069, "rate_margin": 0.1, "generalisation_gap": -0.00681}
    assert [said.rsplit(": ", 1)[1] for said in wording.measured(found)] == [
        "0.0 points.",
        "6.9 %.",
        "10.0 points.",
        "−0.00681.",
    ]


def test_names_that_look_alike_once_cut_stay_apart():
    several = wording.distinct(
        [
            "Female × American Indian alone × With a disability",
            "Female × American Indian alone × Without a disability",
            "Female × White",
        ],
        17,
    )
    assert several == (
        ("Female × American", "I… × With a dis…"),
        ("Female × American", "I… × Without a…"),
        ("Female × White",),
    )
    assert "…" in " ".join(wording.distinct([" × ".join(["x" * 30] * 9)], 17)[0])
    one, two, again = wording.distinct(["x" * 100 + "a", "x" * 100 + "b", "x" * 100 + "a"], 17)
    assert one != two
    assert one == again
    assert all(len(line) <= 17 for line in (*one, *two))


def test_no_text_judges_the_system():
    said = " ".join(
        getattr(text, field.name)
        for favourable in ("positive", "negative")
        for text in (wording.text(id_, favourable) for id_ in wording.TEXTS)
        for field in fields(text)
        if field.name != "references"
    )
    assert not re.search(r"\b(fair|unfair|unbiased|biased|compliant)", said, re.IGNORECASE)
