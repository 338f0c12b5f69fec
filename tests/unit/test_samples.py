"""The shipped samples give the published numbers, and their plans fit their files."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from audit.data.samples import FOLDER, MODEL_FILES, SAMPLES, UPLOAD_EXAMPLE, open_sample, sample
from audit.errors import AuditError
from audit.plan import Plan
from audit.values import canonical

FIELDS = [pytest.param(found, id=found.id) for found in SAMPLES]


def read(name):
    path = sample(name).path
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def rates(frame, column, group, value):
    return (frame[column] == value).groupby(frame[group]).mean()


# --- the catalogue ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", FIELDS)
def test_file_is_the_one_of_the_datasheet(found):
    digest = hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert digest == found.sha256
    assert digest in found.datasheet.read_text(encoding="utf-8")
    assert len(read(found.id)) == found.rows


@pytest.mark.parametrize("found", FIELDS)
def test_plan_fits_its_file(found):
    frame = read(found.id)
    roles = found.plan.roles
    assert set(roles.taken()) <= set(frame.columns)
    assert set(roles.features or ()) <= set(frame.columns)
    assert not set(roles.features or ()) & set(roles.taken())
    assert len({canonical(v) for v in frame[roles.label].unique()}) == 2
    assert roles.positive in {canonical(v) for v in frame[roles.label].unique()}
    if roles.decision:
        assert set(roles.decision_positive) <= {canonical(v) for v in frame[roles.decision].unique()}
    assert set(found.plan.grouping.bins) <= set(roles.sensitive)
    assert found.plan.model.kind in {"column", "train"}
    assert (found.plan.model.kind == "column") == (roles.decision is not None)


@pytest.mark.parametrize("found", FIELDS)
def test_plan_survives_a_file_and_has_no_date(found):
    assert found.plan.dated == ""
    assert Plan.from_json(found.plan.to_json()) == found.plan


@pytest.mark.parametrize("found", FIELDS)
def test_card_has_its_texts(found):
    assert found.question.endswith("?")
    for text in (found.title, found.summary, found.licence, found.origin, *found.caveats):
        assert text
        assert text == text.strip()
    assert len(found.caveats) >= 3


def test_ids_are_unique_and_findable():
    assert [sample(found.id) for found in SAMPLES] == list(SAMPLES)
    assert len({found.id for found in SAMPLES}) == len(SAMPLES)


def test_unknown_id_suggests_the_nearest():
    with pytest.raises(AuditError, match="Did you mean 'compas'") as caught:
        sample("compass")
    assert caught.value.code == "unknown_sample"


def test_samples_are_small_and_name_no_machine():
    files = [path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < 12e6
    for path in files:
        if path.suffix in {".md", ".py", ".json"}:
            text = path.read_text(encoding="utf-8")
            assert "/work" not in text
            assert "/tmp" not in text  # noqa: S108 - looked for, not used
            assert "http" not in text


@pytest.mark.parametrize("found", FIELDS)
def test_sample_opens_as_a_data_set(found, tmp_path):
    dataset = open_sample(found.id, tmp_path)
    assert dataset.n_rows == found.rows
    assert dataset.fingerprint == found.sha256
    assert dataset.name == found.path.name
    assert set(found.plan.roles.taken()) <= set(dataset.names)


# --- ACS -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def acs():
    return read("acs_employment")


def test_acs_recognises_employed_people_with_a_disability_less_often(acs):
    employed = acs[acs["employed"] == 1]
    found = rates(employed, "decision", "disability", 1)
    assert found["Without a disability"] == pytest.approx(0.897, abs=5e-4)
    assert found["With a disability"] == pytest.approx(0.318, abs=5e-4)
    assert employed["disability"].value_counts().to_dict() == {
        "Without a disability": 32_439,
        "With a disability": 1_667,
    }


def test_acs_decision_is_the_probability_at_one_half(acs):
    assert ((acs["probability"] >= 0.5) == (acs["decision"] == 1)).all()
    assert acs["probability"].between(0, 1).all()


def test_acs_words_agree_with_age_and_counts(acs):
    # The universes of the questions: a code that was given the wrong word would break one of these.
    assert acs.loc[acs["education"].str.startswith("Not applicable"), "age"].max() == 2
    assert acs.loc[acs["mobility"].str.startswith("Not applicable"), "age"].max() == 0
    assert acs.loc[acs["military_service"].str.startswith("Not applicable"), "age"].max() == 16
    assert acs.loc[acs["cognitive_difficulty"].str.startswith("Not applicable"), "age"].max() == 4
    assert acs.loc[acs["education"] == "Doctorate degree", "age"].min() > 20
    assert (acs.loc[acs["military_service"] == "On active duty in the past", "sex"] == "Male").mean() > 0.9
    assert (acs.loc[acs["hearing_difficulty"] == "Yes", "disability"] == "With a disability").all()
    assert (acs["race"] == "White alone").sum() == 56_119
    assert (acs["race"] == "Alaska Native alone").sum() == 1
    assert (acs["age"] < 16).sum() == 11_047
    assert acs.loc[acs["age"] < 16, "employed"].sum() == 0
    assert acs.notna().all().all()


def test_acs_later_years_have_the_same_columns(acs):
    later = pd.read_parquet(FOLDER / "acs_employment" / "acs_employment_2016_2018.parquet")
    assert list(later.columns) == list(acs.columns)
    assert later["year"].value_counts().to_dict() == {2016: 69_126, 2017: 69_635, 2018: 70_131}
    assert later.notna().all().all()


@pytest.mark.parametrize("folder", ["acs_employment", "german_credit"])
def test_every_word_of_the_codes_is_used_once(folder):
    raw = json.loads((FOLDER / folder / "codes.json").read_text(encoding="utf-8"))
    for name, entry in raw.items():
        levels = entry.get("levels", {} if "column" in entry else entry)
        assert len(set(levels.values())) == len(levels), name


# --- COMPAS ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compas():
    return read("compas")


def counts(frame, positive):
    label, decision = frame["two_year_recid"] == 1, frame["score_text"].isin(positive)
    return tuple(
        int(cell.sum())
        for cell in (~label & ~decision, ~label & decision, label & ~decision, label & decision)
    )


def test_compas_holds_the_listed_columns_only(compas):
    assert list(compas.columns) == [
        "age",
        "age_cat",
        "sex",
        "race",
        "priors_count",
        "juv_fel_count",
        "juv_misd_count",
        "juv_other_count",
        "c_charge_degree",
        "days_b_screening_arrest",
        "compas_screening_date",
        "is_recid",
        "decile_score",
        "score_text",
        "two_year_recid",
    ]


@pytest.mark.parametrize(
    ("race", "expected"),
    [("African-American", (990, 805, 532, 1369)), ("Caucasian", (1139, 349, 461, 505))],
)
def test_compas_counts_of_propublica(compas, race, expected):
    assert counts(compas[compas["race"] == race], ("Medium", "High")) == expected


@pytest.mark.parametrize(
    ("race", "positive", "fpr", "fnr"),
    [
        (None, ("Medium", "High"), 32.35, 37.40),
        ("African-American", ("Medium", "High"), 44.85, 27.99),
        ("Caucasian", ("Medium", "High"), 23.45, 47.72),
        ("Caucasian", ("High",), 5.44, 79.81),
        ("African-American", ("High",), 15.82, 61.02),
    ],
)
def test_compas_rates_of_propublica(compas, race, positive, fpr, fnr):
    tn, fp, fn, tp = counts(compas if race is None else compas[compas["race"] == race], positive)
    assert round(100 * fp / (fp + tn), 2) == fpr
    assert round(100 * fn / (fn + tp), 2) == fnr


@pytest.mark.parametrize(
    ("race", "fpr", "fnr"),
    [
        ("African-American", 1.912093, 0.586416),
        ("Asian", 0.370749, 0.698482),
        ("Hispanic", 0.915887, 1.165140),
        ("Native American", 1.598854, 0.209544),
        ("Other", 0.629057, 1.417970),
    ],
)
def test_compas_disparities_of_aequitas(compas, race, fpr, fnr):
    def both(group):
        tn, fp, fn, tp = counts(compas[compas["race"] == group], ("Medium", "High"))
        return fp / (fp + tn), fn / (fn + tp)

    here, reference = both(race), both("Caucasian")
    assert here[0] / reference[0] == pytest.approx(fpr, abs=1e-6)
    assert here[1] / reference[1] == pytest.approx(fnr, abs=1e-6)


def test_compas_score_text_follows_the_decile(compas):
    cut = pd.cut(compas["decile_score"], [0, 4, 7, 10], labels=["Low", "Medium", "High"]).astype(str)
    assert (cut == compas["score_text"]).all()


def test_compas_row_filter_of_propublica(compas):
    kept = compas[
        compas["days_b_screening_arrest"].between(-30, 30)
        & (compas["is_recid"] != -1)
        & (compas["c_charge_degree"] != "O")
        & (compas["score_text"] != "N/A")
    ]
    assert len(kept) == 6_172


def test_compas_late_screenings_are_all_recidivists(compas):
    late = compas[compas["compas_screening_date"] > "2014-04-01"]
    assert len(late) == 998
    assert (late["two_year_recid"] == 1).all()


# --- Adult -----------------------------------------------------------------------------------------------------------


def test_adult_label_disparity_of_aif360():
    adult = read("adult")
    complete = adult.dropna()
    assert len(complete) == 45_222
    found = rates(complete, "income", "sex", ">50K")
    assert found["Female"] / found["Male"] == pytest.approx(0.363470, abs=1e-6)
    assert found["Female"] - found["Male"] == pytest.approx(-0.198901, abs=1e-6)


def test_adult_is_both_files_of_the_source():
    adult = read("adult")
    assert adult["split"].value_counts().to_dict() == {"train": 32_561, "test": 16_281}
    assert set(adult["income"]) == {">50K", "<=50K"}
    texts = adult.select_dtypes(include=["str", "object"])
    for column in texts:
        values = texts[column].dropna()
        assert (values == values.str.strip()).all()
        assert not values.isin(["?", ""]).any()


# --- German credit ---------------------------------------------------------------------------------------------------


def test_german_mean_differences_of_aif360():
    german = read("german_credit")
    good = german["credit_risk"] == "good"
    below, up_to = german["age"] < 25, german["age"] <= 25
    assert good[below].mean() - good[~below].mean() == pytest.approx(-0.1285, abs=5e-5)
    assert good[up_to].mean() - good[~up_to].mean() == pytest.approx(-0.1494, abs=5e-5)
    assert int(good.sum()) == 700
    assert german.notna().all().all()


# --- Ricci -----------------------------------------------------------------------------------------------------------


def test_ricci_pass_counts_and_impact_ratios():
    ricci = read("ricci")
    ricci["yes"] = ricci["passed"] == "yes"
    found = ricci.groupby(["position", "race"])["yes"].agg(["sum", "size"])
    pairs = {key: tuple(map(int, row)) for key, row in zip(found.index, found.to_numpy(), strict=True)}
    assert pairs == {
        ("Captain", "White"): (16, 25),
        ("Captain", "Black"): (3, 8),
        ("Captain", "Hispanic"): (3, 8),
        ("Lieutenant", "White"): (25, 43),
        ("Lieutenant", "Black"): (6, 19),
        ("Lieutenant", "Hispanic"): (3, 15),
    }
    share = found["sum"] / found["size"]
    assert share["Captain", "Black"] / share["Captain", "White"] == pytest.approx(0.586, abs=5e-4)
    assert share["Lieutenant", "Black"] / share["Lieutenant", "White"] == pytest.approx(0.543, abs=5e-4)
    assert share["Lieutenant", "Hispanic"] / share["Lieutenant", "White"] == pytest.approx(0.344, abs=5e-4)


def test_ricci_columns_follow_the_rules_of_the_examination():
    ricci = read("ricci")
    assert np.allclose(0.6 * ricci["written"] + 0.4 * ricci["oral"], ricci["combined"])
    assert ((ricci["combined"] >= 70) == (ricci["passed"] == "yes")).all()
    assert (ricci["eligible"] == ricci["passed"]).all()
    best = ricci[ricci["considered"] == "yes"]
    assert best["position"].value_counts().to_dict() == {"Lieutenant": 10, "Captain": 9}
    assert best.groupby("position")["combined"].min().gt(70).all()


# --- Berkeley --------------------------------------------------------------------------------------------------------


def test_berkeley_counts_of_the_published_table():
    berkeley = read("berkeley")
    counts = berkeley.groupby(["department", "sex"])["admitted"].value_counts()
    men = [(512, 313), (353, 207), (120, 205), (138, 279), (53, 138), (22, 351)]
    women = [(89, 19), (17, 8), (202, 391), (131, 244), (94, 299), (24, 317)]
    for sex, table in (("Male", men), ("Female", women)):
        assert [(counts[d, sex, "yes"], counts[d, sex, "no"]) for d in "ABCDEF"] == table
    assert berkeley.notna().all().all()


# --- the model -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def upload():
    return pd.read_csv(UPLOAD_EXAMPLE)


def test_upload_example_is_the_test_split(upload):
    adult = read("adult")
    test = adult[adult["split"] == "test"].drop(columns="split").reset_index(drop=True)
    pd.testing.assert_frame_equal(upload, test, check_dtype=False)


@pytest.fixture(scope="module")
def scores(upload):
    import onnxruntime
    import skops.io

    onnx, skops_file = MODEL_FILES
    assert skops.io.get_untrusted_types(file=skops_file) == []
    native = skops.io.load(skops_file, trusted=[]).predict_proba(upload)[:, 1]
    session = onnxruntime.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
    feed = {}
    for entry in session.get_inputs():
        column = upload[[entry.name]]
        words = entry.type == "tensor(string)"
        feed[entry.name] = (
            column.astype(object).where(column.notna(), "").to_numpy()
            if words
            else column.to_numpy("float32")
        )
    label, probabilities = session.run(["label", "probabilities"], feed)
    return feed, native, label, probabilities


def test_model_files_give_the_same_scores(scores):
    _, native, label, probabilities = scores
    assert np.abs(native - probabilities[:, 1]).max() < 1e-5
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (label == (probabilities[:, 1] > 0.5)).all()


def test_model_is_about_as_accurate_as_the_literature(scores, upload):
    _, native, _, _ = scores
    accuracy = ((native >= 0.5) == (upload["income"] == ">50K")).mean()
    assert accuracy == pytest.approx(0.852, abs=0.002)


def test_model_does_not_see_protected_columns(scores):
    feed, *_ = scores
    plan = sample("adult").plan
    assert set(feed) == set(plan.roles.features)
    assert not set(feed) & {"sex", "race", "fnlwgt", "income", "split"}
    assert all(value.shape == (16_281, 1) for value in feed.values())


def test_missing_words_count_alike_however_they_are_written(upload):
    import skops.io

    model = skops.io.load(MODEL_FILES[1], trusted=[])
    rows = upload[upload.isna().any(axis=1)].head(200)
    given = model.predict_proba(rows)
    for filler in ("", "Missing", "never seen before"):
        assert (model.predict_proba(rows.fillna(filler)) == given).all()
