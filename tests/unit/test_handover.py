"""A repaired model as files: the same decisions, and the same numbers when it is audited again."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from audit.before import SEEDS
from audit.bench import Bench
from audit.cells import Attribute
from audit.data.ingest import ingest_frame
from audit.errors import ModelError, RoleError
from audit.grouping import Rule, codes_in_memory
from audit.handover.card import _measured
from audit.handover.groups import with_thresholds
from audit.mitigation.repair import Repaired
from audit.mitigation.rule import GroupRule, Step
from audit.models.draws import row_draws
from audit.models.pipeline import as_pipeline
from audit.models.skops_file import load_estimator
from audit.models.skops_write import to_skops
from audit.models.upload import inspect_model
from audit.plan import MitigationChoice, ModelChoice, Plan, Roles
from audit.rows import ComparisonRow
from audit.run import prepare
from tests.handing import frame, people, plan_of, strange, through_the_door, trained

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
    wanted = rule.decide(fitted.score(seen), group, draw=np.zeros(len(seen)))
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
    decided = rule.decide(first.repaired.fitted.score(test), group, draw=np.zeros(len(test)))
    for code, name in enumerate("fm"):
        assert again.metric("selection_rate", ("sex",), (name,)).value == pytest.approx(
            decided[group == code].mean(), abs=1e-12
        )
    assert any("thresholds of the groups" in sentence for sentence in adopted.left)
    assert "has to be known, and is used" in adopted.files["model-card.md"].decode()


def test_where_decisions_are_drawn_the_file_draws_alike_and_the_card_says_so(work, tmp_path):
    trial, first = work.try_out(choice("reweighing"))
    steps = ((Step(threshold=0.3, share=0.5), Step(threshold=0.5, share=0.5)), (Step(threshold=0.5),))
    first, rule = with_rule(first, steps)
    table = people()
    test = table[table["part"] == "test"]
    fitted = first.repaired.fitted
    group = (test["sex"] == "m").astype(int).to_numpy()
    draw = row_draws(test, fitted.features, seed=work.plan.seed)
    decided = rule.decide(fitted.score(test), group, draw=draw)
    between = (group == 0) & (fitted.score(test) >= 0.3) & (fitted.score(test) < 0.5)
    assert 0 < decided[between].sum() < between.sum()
    first = replace(first, decisions={**first.decisions, "after": decided})
    adopted = work.hand_over(first, trial)
    assert any("drawn at random" in sentence for sentence in adopted.left)
    assert not any("decides otherwise" in sentence for sentence in adopted.left)
    assert "drawn at random" in adopted.files["model-card.md"].decode()
    again = audited_again(adopted, work, tmp_path)
    assert again.metric("selection_rate", ("sex",), ("f",)).value == decided[group == 0].mean()


def test_what_no_file_can_hold_is_refused_with_the_reason(work):
    trial, first = work.try_out(choice("reweighing"))
    lost = replace(first, repaired=Repaired(decide=first.repaired.decide))
    with pytest.raises(ModelError, match="one model of the raw columns"):
        work.hand_over(lost, trial)
    unknown = replace(first.repaired.fitted, encoder=None, estimator=None)
    with pytest.raises(ModelError, match="not trained here"):
        work.hand_over(replace(first, repaired=replace(first.repaired, fitted=unknown)), trial)
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
    assert "Labels changed" not in said


def test_attributes_hold_what_the_groups_are_made_of():
    """The columns of a rule are those that the mitigation worked on."""
    from audit.handover.groups import columns_of

    where = bench((Rule(column="gap"), Rule(column="flag")), frame(50, 0))
    assert columns_of(where, {"group_by": "flag"}) == ("flag",)
    assert columns_of(where, {"group_by": "all"}) == ("gap", "flag")
    assert isinstance(where.attributes[0], Attribute)


def test_an_adopted_model_is_audited_on_rows_that_hold_no_training_row(work, tmp_path):
    trial, first = work.try_out(choice("reweighing"))
    adopted = work.hand_over(first, trial)
    path = tmp_path / "model.skops"
    path.write_bytes(adopted.files["model.skops"])
    plan = Plan.from_json(adopted.files["plan.json"].decode())
    table = people()
    test = ingest_frame(table[table["part"] == "test"], tmp_path)
    again = prepare(test, plan, model=path)
    wanted = after_rates(work.audit.with_trials([trial]))
    for (metric, sensitive, group), after in wanted.items():
        assert again.audit.metric(metric, sensitive, group).value == after
    with pytest.raises(RoleError, match="no training rows"):
        again.try_out(choice("reweighing"))
    two = ingest_frame(table.iloc[:2].drop(columns="part"), tmp_path)
    alone = prepare(two, replace(plan, roles=replace(plan.roles, split=None)), model=path)
    assert alone.audit.data.audited == 2


def test_the_card_tells_of_levelling_down_only_where_that_gap_closed():
    shared = {"mitigation": "m", "sensitive": ("sex",), "original": None, "control": None, "n": 500}
    closed = {"before": 0.3, "after": 0.1, "change": -0.2, "low": -0.25, "high": -0.15}
    wider = {"before": 0.1, "after": 0.12, "change": 0.02, "low": 0.01, "high": 0.03}
    fell = {"before": 0.8, "after": 0.7, "change": -0.1, "low": -0.12, "high": -0.08}

    def said(opportunity):
        rows = [
            ComparisonRow(**shared, metric="equalized_odds", comparison="difference", group=None, **closed),
            ComparisonRow(
                **shared, metric="equal_opportunity", comparison="difference", group=None, **opportunity
            ),
            ComparisonRow(**shared, metric="true_positive_rate", comparison=None, group=("m",), **fell),
        ]
        audit = SimpleNamespace(
            comparison=rows,
            groupings=[("sex",)],
            plan=SimpleNamespace(confidence=0.95, roles=Roles(label="y", sensitive=("sex",))),
        )
        record = SimpleNamespace(n_test=500, n_train=500)
        return "\n".join(_measured(audit, SimpleNamespace(record=record), counted=False))

    assert "Levelling down" not in said(wider)
    assert "Levelling down" in said(closed)
