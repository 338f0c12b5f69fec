"""A repaired model as files: the same scores, the same decisions, the same numbers when it is audited again."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.before import SEEDS
from audit.bench import Bench
from audit.cells import Attribute
from audit.data.ingest import ingest_frame
from audit.errors import ModelError
from audit.grouping import Rule, codes_in_memory
from audit.handover.groups import with_thresholds
from audit.mitigation.repair import Repaired
from audit.mitigation.rule import GroupRule, Step
from audit.models.baseline import Fitted, fit_baseline
from audit.models.grouped import CanonicalTexts
from audit.models.isolated import score_isolated
from audit.models.onnx_file import open_onnx, score_onnx
from audit.models.onnx_write import to_onnx
from audit.models.outputs import interpret
from audit.models.pipeline import as_pipeline
from audit.models.skops_file import inspect_skops, load_estimator, score_skops
from audit.models.skops_file import prepare as ready
from audit.models.skops_write import to_skops
from audit.models.upload import inspect_model
from audit.plan import MitigationChoice, ModelChoice, Plan, Roles
from audit.run import prepare

ALGORITHMS = ("logistic_regression", "gradient_boosting", "mlp")
EXACT = {"logistic_regression": 1e-9, "gradient_boosting": 1e-9, "mlp": 1e-6}


def frame(n, seed, *, odd=False):
    """Numbers with gaps, truth values, and levels: frequent, rare, missing, and all of these together."""
    rng = np.random.default_rng(seed)
    towns = [f"t{i}" for i in range(40)]
    table = pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.integers(18, 80, n)),
            "x": rng.normal(size=n),
            "flag": rng.random(n) < 0.3,
            "gap": rng.choice(["x", "y", None, "z"], n),
            "rare": rng.choice(towns, n, p=[*np.full(10, 0.09), *np.full(30, 0.1 / 30)]),
            "both": rng.choice(["u", "v", None, "w", "q"], n, p=[0.4, 0.3, 0.2, 0.098, 0.002]),
            "full": rng.choice(["k", "l"], n),
        }
    )
    if odd:
        table["messy"] = rng.choice([" a", "a", "1.0", "1", None, "b "], n)
    return table


def trained(algorithm, *, odd=False, n=1500):
    table = frame(n, 0, odd=odd)
    noise = np.random.default_rng(9).normal(size=n)
    label = (table["x"] + (table["gap"] == "x") + 0.5 * table["flag"] + noise > 0.5).astype(int)
    return fit_baseline(algorithm, table, label.to_numpy(), seed=0), table


def strange(*, odd=False):
    """Rows that training has not seen the like of."""
    table = frame(600, 1, odd=odd)
    for name in ("gap", "rare", "both", "full"):
        table.loc[:4, name] = "never seen"
        table.loc[5:9, name] = None
    table.loc[10:20, ["x", "age"]] = np.nan
    return table


@pytest.fixture(scope="module")
def models():
    known = {}

    def get(algorithm, *, odd=False):
        if (algorithm, odd) not in known:
            known[algorithm, odd] = trained(algorithm, odd=odd)
        return known[algorithm, odd]

    return get


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_pipeline_gives_the_same_scores_on_any_row(algorithm, odd, models):
    fitted, seen = models(algorithm, odd=odd)
    rows = strange(odd=odd)
    found = as_pipeline(fitted, seen).predict_proba(rows[list(fitted.features)])[:, 1]
    np.testing.assert_allclose(found, fitted.score(rows), atol=EXACT[algorithm], rtol=0)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_graph_gives_the_same_scores_on_any_row(algorithm, models):
    fitted, seen = models(algorithm, odd=True)
    rows = strange(odd=True)
    session = open_onnx(to_onnx(fitted, seen), name="model.onnx")
    names = [source.name for source in session.get_inputs()]
    assert sorted(names) == sorted(fitted.features)
    answers = score_onnx(session, rows[names], lambda _: None)
    np.testing.assert_allclose(answers.table[:, 1], fitted.score(rows), atol=EXACT[algorithm], rtol=0)
    assert ((answers.labels == 1) == (answers.table[:, 1] > 0.5)).all()


def through_the_door(content, rows, folder):
    """Open a skops file and run it on rows as the worker process does."""
    path = folder / "model.skops"
    path.write_bytes(content)
    described = inspect_skops(path, name=path.name, limit=10**9)
    estimator, _ = load_estimator(path, name=path.name)
    names = described["feature_names"]
    types = [each["dtype"] for each in described["inputs"]]
    answers = score_skops(estimator, ready(rows[names], types, named=True), lambda _: None)
    return interpret(answers, positive="1", n_rows=len(rows)), described


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_skops_door_takes_the_pipeline(algorithm, models, tmp_path):
    fitted, seen = models(algorithm, odd=True)
    rows = strange(odd=True)
    scored, described = through_the_door(to_skops(as_pipeline(fitted, seen)), rows, tmp_path)
    np.testing.assert_allclose(scored.score, fitted.score(rows), atol=EXACT[algorithm], rtol=0)
    assert described["refittable"]
    numbers = {each["name"] for each in described["inputs"] if each["dtype"] == "number"}
    assert numbers == {"age", "x", "flag"}


def test_both_doors_take_the_files_in_a_process_of_their_own(models, tmp_path):
    algorithm = "gradient_boosting"
    fitted, seen = models(algorithm, odd=True)
    rows = strange(odd=True)
    for name, content in (
        ("model.skops", to_skops(as_pipeline(fitted, seen))),
        ("model.onnx", to_onnx(fitted, seen)),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        info = inspect_model(path, name=name)
        assert sorted(info.feature_names) == sorted(fitted.features)
        scored = score_isolated(path, info, rows, (), positive="1")
        np.testing.assert_allclose(scored.score, fitted.score(rows), atol=EXACT[algorithm], rtol=0)


def test_a_plain_model_holds_no_type_of_this_project(models):
    import skops.io

    for algorithm in ALGORITHMS:
        fitted, seen = models(algorithm)
        asked = skops.io.get_untrusted_types(data=to_skops(as_pipeline(fitted, seen)))
        assert not [name for name in asked if name.startswith("audit.")]


def test_dates_are_days_in_the_pipeline_and_no_graph_is_written(tmp_path):
    table = frame(800, 0).assign(when=pd.date_range("2001-01-01", periods=800))
    fitted = fit_baseline("logistic_regression", table, (table["x"] > 0).astype(int).to_numpy(), seed=0)
    pipeline = as_pipeline(fitted, table)
    np.testing.assert_allclose(
        pipeline.predict_proba(table[list(fitted.features)])[:, 1], fitted.score(table), atol=1e-9
    )
    scored, _ = through_the_door(to_skops(pipeline), table, tmp_path)
    np.testing.assert_allclose(scored.score, fitted.score(table), atol=1e-9)
    with pytest.raises(ModelError, match="dates"):
        to_onnx(fitted, table)


def test_the_same_model_gives_the_same_bytes_without_pickle_or_time(models):
    for algorithm in ALGORITHMS:
        (one, seen), (two, _) = models(algorithm), trained(algorithm)
        first, second = to_skops(as_pipeline(one, seen)), to_skops(as_pipeline(two, seen.copy()))
        assert first == second
        assert to_onnx(one, seen) == to_onnx(two, seen)
        with zipfile.ZipFile(io.BytesIO(first)) as archive:
            names = archive.namelist()
            assert all(name == "schema.json" or name.endswith(".npy") for name in names)
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_rare_values_of_people_are_not_in_the_files(models):
    fitted, seen = models("gradient_boosting")
    rare = seen["rare"].value_counts()
    rare = [name for name in rare.index[rare < 10] if len(name) == 3]
    assert rare
    graph = to_onnx(fitted, seen)
    archive = zipfile.ZipFile(io.BytesIO(to_skops(as_pipeline(fitted, seen))))
    inside = b"".join(archive.read(name) for name in archive.namelist())
    for name in rare:
        assert name.encode() not in graph
        assert f'"{name}"'.encode() not in inside
        assert f'\\"{name}\\"'.encode() not in inside


def test_any_classifier_on_the_same_matrix_is_handed_over():
    from sklearn.naive_bayes import BernoulliNB

    from audit.models.baseline import linear, one_hot

    fitted, seen = trained("logistic_regression")
    dense = one_hot(fitted.encoder, seen)
    label = (seen["x"] > 0).astype(int).to_numpy()
    other = linear(fitted.encoder, BernoulliNB().fit(dense, label), title="other")
    rows = strange()
    found = as_pipeline(other, seen).predict_proba(rows[list(other.features)])[:, 1]
    np.testing.assert_allclose(found, other.score(rows), atol=1e-9)


def test_what_was_not_trained_here_is_refused_with_the_reason():
    unknown = Fitted(title="?", features=("x",), notes=(), predict=lambda rows: rows["x"].to_numpy())
    for write in (as_pipeline, to_onnx):
        with pytest.raises(ModelError) as caught:
            write(unknown, pd.DataFrame({"x": [1.0]}))
        assert caught.value.code == "model_not_portable"
    from sklearn.preprocessing import FunctionTransformer

    with pytest.raises(ModelError, match="trusted list"):
        to_skops(FunctionTransformer(people))


def test_texts_are_brought_into_their_one_form():
    found = CanonicalTexts().fit_transform(pd.DataFrame({"a": [" x ", 1.0, "1.0", None, "  ", np.nan]}))
    assert found[:3, 0].tolist() == ["x", "1", "1"]
    assert pd.isna(found[3:, 0]).all()


# Thresholds by group


def bench(rules, table):
    found = [codes_in_memory(rule, table[rule.column]) for rule in rules]
    return Bench(
        frame=table,
        features=("x",),
        label=np.zeros(len(table), dtype=np.int8),
        attributes=tuple(a for a, _ in found),
        codes=np.column_stack([codes for _, codes in found]),
        weight=None,
        split=np.zeros(len(table), dtype=np.int8),
        dropped=(),
        read=len(table),
        named=False,
    )


def test_groups_are_found_again_from_the_raw_columns(tmp_path):
    fitted, seen = trained("logistic_regression")
    rules = (
        Rule(column="age", cuts=(30.0, 50.0)),
        Rule(column="gap", joined=("y", "z")),
        Rule(column="flag"),
    )
    where = bench(rules, seen)
    names = [a.levels for a in where.attributes]
    groups = tuple((a, b, c) for a in names[0] for b in names[1] for c in names[2])
    limits = np.random.default_rng(0).uniform(0.2, 0.8, len(groups))
    limits[0], limits[1] = np.inf, -np.inf
    rule = GroupRule(groups=groups, steps=tuple((Step(threshold=float(t)),) for t in limits), otherwise=0.5)
    model = with_thresholds(as_pipeline(fitted, seen), rule, where, ("age", "gap", "flag"))
    place = {group: at for at, group in enumerate(groups)}
    group = np.array(
        [place[tuple(levels[code] for levels, code in zip(names, row, strict=True))] for row in where.codes]
    )
    wanted = rule.decide(fitted.score(seen), group, seed=0)
    assert (model.predict(seen) == wanted).all()
    assert not hasattr(model, "predict_proba")
    scored, _ = through_the_door(to_skops(model), seen, tmp_path)
    assert (scored.decision == wanted).all()
    loaded, _ = load_estimator(tmp_path / "model.skops", name="model.skops")
    new = strange()  # a gap that nobody had: the threshold of everybody else
    new = new[new["gap"] == "never seen"]
    assert (loaded.predict(new) == (fitted.score(new) >= 0.5)).all()
    again = loaded.fit(seen, (seen["x"] > 0).astype(int))
    assert again.thresholds == model.thresholds
    assert (again.predict(seen) != wanted).any()


# A whole trial


def people(n=1500, seed=0):
    rng = np.random.default_rng(seed)
    table = frame(n, seed)
    sex = np.where(rng.random(n) < 0.4, "f", "m")
    label = table["x"] + 0.6 * (sex == "m") + rng.normal(size=n) > 0.6
    part = np.where(np.arange(n) % 5 < 3, "train", np.where(np.arange(n) % 5 == 3, "valid", "test"))
    return table.assign(sex=sex, hired=np.where(label, "yes", "no"), part=part)


def plan_of(**changed):
    roles = Roles(label="hired", positive="yes", sensitive=("sex",), split="part", threshold=0.4)
    model = ModelChoice(kind="train", algorithm="logistic_regression")
    return replace(Plan(roles=roles, model=model, dated="2026-01-01", replicates=100), **changed)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return prepare(ingest_frame(people(), tmp_path_factory.mktemp("data")), plan_of())


def choice(name, **params):
    return MitigationChoice(id=name, params={SEEDS: 1, **params})


def after_rates(audit):
    return {
        (row.metric, row.sensitive, row.group): row.after
        for row in audit.comparison
        if row.comparison is None
    }


def audited_again(adopted, work, folder, name="model.skops"):
    path = folder / name
    path.write_bytes(adopted.files[name])
    again = Plan.from_json(adopted.files["plan.json"].decode())
    if name != "model.skops":
        info = inspect_model(path, name=name)
        again = replace(again, model=ModelChoice(kind=info.kind, name=name, sha256=info.sha256))
    return prepare(work.dataset, again, model=path).audit


@pytest.mark.parametrize("name", ["model.skops", "model.onnx"])
def test_an_adopted_model_is_audited_again_to_the_same_numbers(name, work, tmp_path):
    trial, first = work.try_out(choice("reweighing"))
    adopted = work.hand_over(first, trial)
    assert list(adopted.files) == [
        "model.skops",
        "model.onnx",
        "thresholds.json",
        "model-card.md",
        "plan.json",
    ]
    again = audited_again(adopted, work, tmp_path, name)
    wanted = after_rates(work.audit.with_trials([trial]))
    for (metric, sensitive, group), after in wanted.items():
        assert again.metric(metric, sensitive, group).value == after
    assert json.loads(adopted.files["thresholds.json"])["threshold"] == 0.4


def with_rule(first, steps):
    groups = (("f",), ("m",))
    rule = GroupRule(groups=groups, steps=steps, otherwise=0.4)
    return replace(first, repaired=replace(first.repaired, rule=rule)), rule


def test_thresholds_of_groups_travel_with_the_model(work, tmp_path):
    trial, first = work.try_out(choice("reweighing"))
    first, rule = with_rule(first, ((Step(threshold=0.3),), (Step(threshold=0.55),)))
    adopted = work.hand_over(first, trial)
    told = json.loads(adopted.files["thresholds.json"])
    assert (told["columns"], told["threshold"]) == (["sex"], None)
    assert GroupRule.from_dict(told["rule"]) == rule
    again = audited_again(adopted, work, tmp_path)
    table = people()
    test = table[table["part"] == "test"]
    group = (test["sex"] == "m").astype(int).to_numpy()
    decided = rule.decide(first.repaired.fitted.score(test), group, seed=0)
    for code, name in enumerate("fm"):
        assert again.metric("selection_rate", ("sex",), (name,)).value == pytest.approx(
            decided[group == code].mean(), abs=1e-12
        )
    assert any("thresholds of the groups" in sentence for sentence in adopted.left)
    assert "has to be known, and is used" in adopted.files["model-card.md"].decode()


def test_where_decisions_are_drawn_the_file_gives_scores_and_says_so(work):
    trial, first = work.try_out(choice("reweighing"))
    steps = ((Step(threshold=0.3, share=0.5), Step(threshold=0.5, share=0.5)), (Step(threshold=0.5),))
    adopted = work.hand_over(with_rule(first, steps)[0], trial)
    assert any("drawn at random" in sentence for sentence in adopted.left)
    assert "drawn at random" in adopted.files["model-card.md"].decode()
    assert (
        adopted.files["model.skops"]
        == work.hand_over(replace(first, repaired=replace(first.repaired, rule=None)), trial).files[
            "model.skops"
        ]
    )


def test_what_no_file_can_hold_is_refused_with_the_reason(work):
    trial, first = work.try_out(choice("reweighing"))
    lost = replace(first, repaired=Repaired(decide=first.repaired.decide))
    with pytest.raises(ModelError, match="one model of the raw columns"):
        work.hand_over(lost, trial)
    from audit.handover import files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "LARGEST", 1000)
        with pytest.raises(ModelError) as caught:
            work.hand_over(first, trial)
        assert caught.value.code == "model_too_large"


def test_the_card_says_what_was_done_to_whom_and_judges_nothing(work):
    trial, first = work.try_out(MitigationChoice(id="massaging", params={SEEDS: 2}))
    said = work.hand_over(first, trial).files["model-card.md"].decode()
    for part in (
        "# Model card: Massaging",
        work.audit.data.fingerprint,
        "It edits the recorded labels",
        "recorded labels of the training rows were changed",
        "Cost and caution",
        "doi:10.1109/IC4.2009.4909197",
        "(2 runs)",
        "| f |",
    ):
        assert part in said
    row = next(
        r
        for r in work.audit.with_trials([trial]).comparison
        if r.group == ("f",) and r.metric == "selection_rate"
    )
    from audit import wording

    assert f"| f | {wording.percent(row.before)} |" in said
    words = set(said.lower().replace(".", " ").replace(",", " ").split())
    assert not words & {"fair", "unfair", "unbiased", "compliant", "debiased"}


def test_names_of_the_data_are_no_markup_in_the_card(tmp_path):
    odd = "<b>|`[x](y)"
    table = people(600).rename(columns={"x": odd})
    table["sex"] = table["sex"].replace({"f": "*f*|<i>"})
    work = prepare(ingest_frame(table, tmp_path), plan_of())
    said = work.adopt(choice("reweighing")).files["model-card.md"].decode()
    assert "\\*f\\*\\|\\<i\\>" in said
    assert "| *f*" not in said
    assert f"`{odd.replace('`', chr(0x2BC))}`" in said


def test_with_small_groups_withheld_the_card_has_no_counts(tmp_path):
    from audit.plan import Grouping

    work = prepare(
        ingest_frame(people(600), tmp_path), plan_of(grouping=Grouping(small="suppress", small_size=10))
    )
    said = work.adopt(choice("massaging")).files["model-card.md"].decode()
    assert "withheld" in said
    assert "| f |" not in said
    assert "labels from" not in said


def test_attributes_hold_what_the_groups_are_made_of():
    """The columns of a rule are those that the mitigation worked on."""
    from audit.handover.groups import columns_of

    where = bench((Rule(column="gap"), Rule(column="flag")), frame(50, 0))
    assert columns_of(where, {"group_by": "flag"}) == ("flag",)
    assert columns_of(where, {"group_by": "all"}) == ("gap", "flag")
    assert isinstance(where.attributes[0], Attribute)
