"""Files of models whose features are changed first, of several models, and of labels whose positive value is 0."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from audit.before import SEEDS
from audit.data.ingest import ingest_frame
from audit.errors import ModelError
from audit.handover.groups import with_thresholds
from audit.mitigation.reductions.mixture import Mixture
from audit.mitigation.repair import by_threshold
from audit.mitigation.rule import GroupRule, Step
from audit.models.baseline import fit_baseline
from audit.models.changed import Several
from audit.models.clone import fit_clone
from audit.models.constant import always
from audit.models.onnx_file import open_onnx, score_onnx
from audit.models.onnx_write import to_onnx
from audit.models.pipeline import as_pipeline
from audit.models.skops_file import load_estimator
from audit.models.skops_write import to_skops
from audit.models.split import TEST
from audit.plan import Grouping, MitigationChoice, ModelChoice, Plan
from audit.run import prepare
from tests.handing import decided_by_file, people, plan_of, through_the_door, trained

CHANGING = ("correlation_remover", "disparate_impact_remover", "prototype_representation")


def two_columns(n=1500):
    """Groups of two columns, one of them cut; whole numbers among the features, some of which nobody recorded."""
    table = people(n)
    rng = np.random.default_rng(3)
    return table.assign(
        year=np.where(rng.random(n) < 0.05, np.nan, 1940 + rng.integers(0, 60, n)),
        points=rng.integers(0, 50, n) + 10 * (table["sex"] == "m"),
    )


def plan_by_two(**changed):
    plan = plan_of(**changed)
    roles = replace(plan.roles, sensitive=("sex", "year"))
    return replace(plan, roles=roles, grouping=Grouping(bins={"year": (1960.0, 1980.0)}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def work(folder):
    return prepare(ingest_frame(two_columns(), folder), plan_by_two())


@pytest.fixture(scope="module")
def boosted(folder):
    plan = plan_by_two(model=ModelChoice(kind="train", algorithm="gradient_boosting"))
    return prepare(ingest_frame(two_columns(), folder), plan)


def choice(name, **params):
    return MitigationChoice(id=name, params={SEEDS: 1, **params})


def rates(audit):
    return {
        (row.metric, row.sensitive, row.group): row.after
        for row in audit.comparison
        if row.comparison is None
    }


def same_numbers(adopted, trial, work, place):
    """Audit the file as somebody would who got it, in a process of its own, and compare every rate."""
    path = place / "model.skops"
    path.write_bytes(adopted.files["model.skops"])
    plan = Plan.from_json(adopted.files["plan.json"].decode())
    again = prepare(work.dataset, plan, model=path).audit
    for (metric, sensitive, group), after in rates(work.audit.with_trials([trial])).items():
        assert again.metric(metric, sensitive, group).value == after, (metric, sensitive, group)


# Features that are changed first


@pytest.mark.parametrize("name", CHANGING)
def test_a_model_on_changed_features_is_audited_again_to_the_same_numbers(name, work, tmp_path):
    trial, first = work.try_out(choice(name))
    adopted = work.hand_over(first, trial)
    if name == "prototype_representation":
        np.testing.assert_array_equal(decided_by_file(adopted, first, tmp_path), first.decisions["after"])
    else:
        same_numbers(adopted, trial, work, tmp_path)
    assert "model.onnx" not in adopted.files
    assert any("There is no model.onnx." in sentence for sentence in adopted.left)
    said = adopted.files["model-card.md"].decode()
    told = json.loads(adopted.files["thresholds.json"])
    assert told["threshold"] == 0.4
    if name == "prototype_representation":
        assert told["columns"] == []
        assert "has to be known" not in said
    else:
        assert (told["columns"], told["cuts"]) == (["sex", "year"], {"year": [1960.0, 1980.0]})
        assert "features are changed by the group" in said
        assert "Columns that make the groups: `sex`, `year`." in said


@pytest.mark.parametrize("name", CHANGING)
def test_trees_on_changed_features_decide_the_same(name, boosted, tmp_path):
    trial, first = boosted.try_out(choice(name, group_by="sex"))
    adopted = boosted.hand_over(first, trial)
    rows = first.bench.frame.loc[first.bench.rows(TEST)]
    scored, described = through_the_door(adopted.files["model.skops"], rows, tmp_path)
    np.testing.assert_array_equal(scored.score >= 0.4, first.decisions["after"])
    assert described["refittable"]
    assert "year" not in described["feature_names"]  # neither a feature nor asked for


def test_people_of_no_known_group_are_scored_as_the_repair_does(work, tmp_path):
    for name in CHANGING:
        trial, first = work.try_out(choice(name))
        path = tmp_path / "model.skops"
        path.write_bytes(work.hand_over(first, trial).files["model.skops"])
        loaded, _ = load_estimator(path, name=path.name)
        rows = first.bench.frame.loc[first.bench.rows(TEST)].assign(sex="somebody else")
        rows.loc[rows.index[:20], ["x", "age"]] = np.nan
        wanted = first.repaired.score(rows, np.full(len(rows), -1))
        np.testing.assert_allclose(loaded.predict_proba(rows)[:, 1], wanted, atol=1e-9)
        assert set(loaded.predict(rows)) <= {0, 1}


def test_whole_numbers_stay_whole_though_a_file_is_given_decimals(work):
    trial, first = work.try_out(choice("disparate_impact_remover"))
    written = first.repaired.transform.written(first.bench.frame, first.repaired.fitted.features)
    whole = {column["name"]: column["whole"] for column in written.part.columns}
    assert (whole["points"], whole["x"]) == (True, False)
    rows = first.bench.frame.loc[first.bench.rows(TEST)]
    changed = written.part.change(rows.assign(points=rows["points"].astype(float)), first.group)
    kept = first.repaired.transform(rows, first.group)
    np.testing.assert_array_equal(changed["points"], kept["points"])
    assert trial.record.title == "Disparate impact remover"


def test_ranks_within_groups_are_told_and_refused_where_counts_are_withheld(work, folder):
    trial, first = work.try_out(choice("disparate_impact_remover"))
    adopted = work.hand_over(first, trial)
    assert any("Guard it like the data" in sentence for sentence in adopted.left)
    assert "Guard it like the data" in adopted.files["model-card.md"].decode()
    withheld = replace(plan_by_two(), grouping=Grouping(small="suppress", bins={"year": (1960.0, 1980.0)}))
    other = prepare(ingest_frame(two_columns(), folder), withheld)
    with pytest.raises(ModelError, match="withheld counts can be worked out"):
        other.adopt(choice("disparate_impact_remover"))
    assert "model.skops" in other.adopt(choice("correlation_remover")).files


def test_a_change_that_is_only_a_function_is_refused(work):
    trial, first = work.try_out(choice("correlation_remover"))
    lost = replace(first.repaired, transform=first.repaired.transform.__call__)
    with pytest.raises(ModelError, match="changed by a function"):
        work.hand_over(replace(first, repaired=lost), trial)


@pytest.mark.parametrize("name", CHANGING)
def test_a_file_with_changed_features_is_trained_again_with_the_same_change(name, work, tmp_path):
    trial, first = work.try_out(choice(name))
    path = tmp_path / "model.skops"
    path.write_bytes(work.hand_over(first, trial).files["model.skops"])
    loaded, _ = load_estimator(path, name=path.name)
    seen = first.bench.frame
    fresh = clone(loaded).fit(seen, (seen["x"] > 0).astype(int), sample_weight=np.ones(len(seen)))
    assert list(fresh.feature_names_in_) == list(loaded.feature_names_in_)
    assert (fresh.predict(seen) == (seen["x"] > 0)).mean() > 0.6
    group = np.zeros(len(seen), dtype=np.int64)
    pd.testing.assert_frame_equal(fresh.change.change(seen, group), loaded.change.change(seen, group))


# Several models


def test_a_mixture_that_votes_is_audited_again_to_the_same_numbers(folder, tmp_path):
    work = prepare(ingest_frame(people(), folder), plan_of())
    trial, first = work.try_out(choice("exponentiated_gradient", max_iter=4))
    assert len(first.repaired.fitted.members) > 1
    adopted = work.hand_over(first, trial)
    same_numbers(adopted, trial, work, tmp_path)
    assert (graph_scores(adopted, first)[:, 1] >= 0.5).tolist() == first.decisions["after"].tolist()
    told = json.loads(adopted.files["thresholds.json"])
    assert (told["columns"], told["threshold"], told["rule"]) == ([], 0.5, None)
    assert Plan.from_json(adopted.files["plan.json"].decode()).roles.threshold == 0.5
    said = adopted.files["model-card.md"].decode()
    assert "A score of 0.5 or more is a positive decision, for everybody" in said
    assert adopted.left == ()


def graph_scores(adopted, first):
    rows = first.bench.frame.loc[first.bench.rows(TEST)]
    session = open_onnx(adopted.files["model.onnx"], name="model.onnx")
    names = [source.name for source in session.get_inputs()]
    return score_onnx(session, rows[names], lambda _: None).table


def test_a_mixture_that_is_drawn_draws_alike_and_tells_its_shares(folder, tmp_path):
    work = prepare(ingest_frame(people(), folder), plan_of())
    trial, first = work.try_out(choice("exponentiated_gradient", max_iter=4, draw=True))
    adopted = work.hand_over(first, trial)
    told = json.loads(adopted.files["thresholds.json"])
    assert sum(told["shares"]) == pytest.approx(1)
    assert len(told["shares"]) == len(first.repaired.fitted.members) > 1
    assert told["threshold"] is None
    assert any("drawn for each person" in sentence for sentence in adopted.left)
    assert "one of which is drawn for each person" in adopted.files["model-card.md"].decode()
    rows = first.bench.frame.loc[first.bench.rows(TEST)]
    wanted = first.repaired.score(rows, first.group)
    assert len(np.unique(wanted)) > 2
    scored, _ = through_the_door(adopted.files["model.skops"], rows, tmp_path)
    assert scored.score is None
    np.testing.assert_array_equal(scored.decision, first.decisions["after"])
    np.testing.assert_allclose(graph_scores(adopted, first)[:, 1], wanted, atol=1e-12)


@pytest.mark.parametrize("drawn", [False, True])
def test_a_model_that_always_says_the_same_has_its_share(drawn, tmp_path):
    fitted, seen = trained("logistic_regression")
    mixture = Mixture(models=(fitted, 1, 0), shares=(0.5, 0.3, 0.2), drawn=drawn)
    whole = mixture.fitted(list(seen.columns))
    scored, _ = through_the_door(to_skops(as_pipeline(whole, seen)), seen, tmp_path)
    np.testing.assert_allclose(scored.score, mixture.score(seen), atol=1e-12)
    session = open_onnx(to_onnx(whole, seen), name="model.onnx")
    names = [source.name for source in session.get_inputs()]
    answers = score_onnx(session, seen[names], lambda _: None)
    np.testing.assert_allclose(answers.table[:, 1], mixture.score(seen), atol=1e-12)


def test_one_model_that_always_says_the_same_is_a_file_but_no_graph(tmp_path):
    _, seen = trained("logistic_regression")
    for label in (0, 1):
        one = Mixture(models=(label,), shares=(1.0,), drawn=True).fitted(["x", "gap"])
        scored, _ = through_the_door(to_skops(as_pipeline(one, seen)), seen, tmp_path)
        assert set(scored.score) == {float(label)}
        with pytest.raises(ModelError, match="the same about everybody"):
            to_onnx(one, seen)


def test_models_that_look_at_different_columns_are_still_one_file(tmp_path):
    fitted, seen = trained("logistic_regression")
    other = fit_baseline(
        "logistic_regression", seen[["age", "gap"]], (seen["x"] > 0).astype(int).to_numpy(), seed=0
    )
    from audit.models.baseline import mean_of

    whole = mean_of([(0.25, fitted), (0.75, other)], title="two")
    model = as_pipeline(whole, seen)
    assert isinstance(model, Several)
    scored, _ = through_the_door(to_skops(model), seen, tmp_path)
    np.testing.assert_allclose(scored.score, whole.score(seen), atol=1e-9)
    again = clone(model).fit(seen, (seen["x"] > 0).astype(int))
    assert (again.predict(seen) == (seen["x"] > 0)).mean() > 0.8


# Fresh copies of uploaded models


def test_a_copy_of_an_uploaded_model_without_names_decides_as_was_measured(work, tmp_path):
    trial, first = work.try_out(choice("disparate_impact_remover"))
    columns, bench = ["points", "x"], first.bench
    change = first.repaired.transform
    seen = change(bench.frame, bench.codes[:, 0])
    copy = fit_clone(
        LogisticRegression(),
        seen[columns],
        bench.label,
        prepare=lambda rows: rows[columns].to_numpy(),
        seed=0,
    )
    repaired = by_threshold(copy, 0.4, transform=change)
    after = repaired.decide(bench.frame.loc[bench.rows(TEST)], first.group)
    changed = replace(first, repaired=repaired, decisions={**first.decisions, "after": after})
    adopted = work.hand_over(changed, trial)
    np.testing.assert_array_equal(decided_by_file(adopted, first, tmp_path), after)
    assert not any("decides otherwise" in sentence for sentence in adopted.left)


@pytest.mark.parametrize("named", [True, False])
def test_a_mixture_of_copies_of_an_uploaded_model_is_one_file(named, tmp_path):
    rows = people(400).assign(age=lambda rows: rows["age"].fillna(40.0))
    columns = ["age", "x"]

    def ready(table):
        return table[columns] if named else table[columns].to_numpy()

    copies = [
        fit_clone(
            LogisticRegression(),
            rows[columns],
            (rows[by] > rows[by].median()).astype(int),
            prepare=ready,
            seed=0,
        )
        for by in ("x", "age")
    ]
    whole = Mixture(models=(*copies, 1), shares=(0.5, 0.3, 0.2), drawn=True).fitted(columns)
    scored, described = through_the_door(to_skops(as_pipeline(whole, rows)), rows, tmp_path)
    assert described["feature_names"] == columns
    np.testing.assert_allclose(scored.score, whole.score(rows), atol=1e-12)


def test_thresholds_stand_behind_a_model_that_names_no_columns(work, tmp_path):
    rows = work.rows().frame
    seen = rows[["points", "x"]]
    model = LogisticRegression().fit(seen.to_numpy(), (rows["x"] > 0).astype(int))
    rule = GroupRule(
        groups=(("f",), ("m",)), steps=((Step(threshold=0.3),), (Step(threshold=0.6),)), otherwise=0.5
    )
    made = with_thresholds(model, rule, work.rows(), ("sex",), ("points", "x"))
    limit = np.where(rows["sex"] == "f", 0.3, 0.6)
    scored, described = through_the_door(to_skops(made), rows, tmp_path)
    assert described["feature_names"] == ["points", "x", "sex"]
    np.testing.assert_array_equal(scored.decision, model.predict_proba(seen.to_numpy())[:, 1] >= limit)
    fresh = clone(made).fit(rows, (rows["x"] > 0).astype(int))
    np.testing.assert_array_equal(fresh.predict(rows), made.predict(rows))


# What the classes are called, and what makes groups


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [
        ("logistic_regression", "reweighing"),
        ("gradient_boosting", "threshold_programme"),
        ("mlp", "resampling"),
        ("logistic_regression", "exponentiated_gradient"),
        ("logistic_regression", "correlation_remover"),
    ],
)
def test_a_positive_label_that_is_called_0_is_read_by_its_own_name(algorithm, name, tmp_path):
    table = people().assign(hired=lambda rows: (rows["hired"] == "no").astype(int))
    plan = plan_of(model=ModelChoice(kind="train", algorithm=algorithm))
    plan = replace(plan, roles=replace(plan.roles, positive="0", threshold=0.5))
    work = prepare(ingest_frame(table, tmp_path), plan)
    trial, first = work.try_out(choice(name))
    adopted = work.hand_over(first, trial)
    after = first.decisions["after"]
    np.testing.assert_array_equal(decided_by_file(adopted, first, tmp_path, positive="0"), after)
    assert not any("decides otherwise" in sentence for sentence in adopted.left)
    loaded, _ = load_estimator(tmp_path / "model.skops", name="model.skops")
    rows = first.bench.frame.loc[first.bench.rows(TEST)]
    np.testing.assert_array_equal(loaded.predict(rows[list(loaded.feature_names_in_)]) == 0, after)
    if "model.onnx" in adopted.files and name != "threshold_programme":
        np.testing.assert_array_equal(graph_scores(adopted, first)[:, 0] >= 0.5, after)


def test_dates_that_make_groups_are_found_again(tmp_path):
    table = people(900)
    table["since"] = pd.to_datetime(
        np.where(np.random.default_rng(2).random(900) < 0.5, "2001-02-03", "2010-11-12")
    )
    table.loc[:30, "since"] = pd.NaT
    plan = plan_of()
    plan = replace(plan, roles=replace(plan.roles, sensitive=("since",)))
    work = prepare(ingest_frame(table, tmp_path), plan)
    trial, first = work.try_out(choice("correlation_remover"))
    adopted = work.hand_over(first, trial)
    np.testing.assert_array_equal(decided_by_file(adopted, first, tmp_path), first.decisions["after"])
    levels = first.bench.attributes[0].levels
    rule = GroupRule(
        groups=tuple((level,) for level in levels),
        steps=tuple((Step(threshold=0.2 + 0.2 * at),) for at in range(len(levels))),
        otherwise=0.5,
    )
    inner = as_pipeline(first.before.fitted, first.bench.frame)
    model = with_thresholds(inner, rule, first.bench, ("since",))
    score = first.before.fitted.score(first.bench.frame)
    wanted = rule.decide(score, first.bench.codes[:, 0], draw=np.zeros(len(score)))
    np.testing.assert_array_equal(model.predict(first.bench.frame), wanted)
    scored, _ = through_the_door(to_skops(model), first.bench.frame, tmp_path)
    np.testing.assert_array_equal(scored.decision, wanted)


def test_a_file_that_would_decide_otherwise_says_about_how_many(work):
    trial, first = work.try_out(choice("reweighing"))
    turned = {**first.decisions, "after": 1 - first.decisions["after"]}
    adopted = work.hand_over(replace(first, decisions=turned), trial)
    assert any("decides otherwise about 300 of the 300 test rows" in sentence for sentence in adopted.left)
    assert "decides otherwise about 300" in adopted.files["model-card.md"].decode()


def test_the_same_for_everybody_scores_everybody_the_same():
    fitted = always(1, ["x"])
    assert fitted.score(pd.DataFrame({"x": [1.0, 2.0]})).tolist() == [1.0, 1.0]
    with pytest.raises(ModelError):
        fitted.score(pd.DataFrame({"y": [1.0]}))
