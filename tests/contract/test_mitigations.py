"""What every mitigation promises, whatever it does; a new file in the folder is tested without a new line here."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from audit.errors import Cancelled, InputError, PlanError
from audit.mitigation.catalogue import catalogue, collect, make
from audit.mitigation.repair import PreProcessing
from audit.mitigation.spec import default_params, resolve_params
from audit.mitigation.table import TrainingTable
from audit.progress import silent
from tests.repairing import QUICK

METHODS = sorted(catalogue())
TREATING = [name for name in METHODS if issubclass(catalogue()[name][1], PreProcessing)]
STRONG = [name for name in TREATING if "strength" in default_params(catalogue()[name][0])]
HOSTILE = ["=cmd()", "<b>x</b>", "a,b\n", "عمر", "年齢", "", "x" * 10_000, "__class__", "0"]


def settings(name):
    return [param for param in catalogue()[name][0].params if param.kind in {"int", "float"}]


def build(n=600, seed=0, columns=None, groups=(("a",), ("b",))):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, len(groups), n)
    label = (rng.random(n) < 0.25 + 0.35 * (group == 1)).astype(np.int8)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "pay": np.round(rng.lognormal(7, 1, n), 2),
            "job": rng.choice(["x", "y", None, "z"], n),
            "owner": rng.random(n) < 0.4,
        }
    )
    for name, values in (columns or {}).items():
        frame[name] = values
    return TrainingTable(frame=frame, label=label, group=group, groups=groups, weight=np.ones(n))


def treat(name, table, seed=0, progress=silent, **params):
    return make(name, {**QUICK.get(name, {}), **params}).treat(table, seed=seed, progress=progress)


def same(one, other):
    pd.testing.assert_frame_equal(one.frame, other.frame)
    for part in ("label", "group", "weight", "synthetic"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part))
    assert (one.cells, one.notes, one.quality) == (other.cells, other.notes, other.quality)


def same_columns_or_numbers(treated, table):
    """A table keeps its columns with their types, or becomes numbers without gaps that can be made of any row."""
    if list(treated.frame.columns) == list(table.frame.columns):
        assert list(treated.frame.dtypes) == list(table.frame.dtypes)
        return True
    assert treated.transform is not None
    assert {str(dtype) for dtype in treated.frame.dtypes} == {"float64"}
    assert np.isfinite(treated.frame.to_numpy()).all()
    assert treated.frame.columns.is_unique
    return False


def test_the_ones_of_this_release_are_there():
    assert {"reweighing", "resampling", "gan", "massaging", "label_noise"} <= set(METHODS)
    assert {"disparate_impact_remover", "correlation_remover", "prototype_representation"} <= set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_a_spec_is_complete(name):
    spec, kind = catalogue()[name]
    assert spec.id == name
    assert kind.__module__ == f"audit.mitigation.{name}"
    assert spec.stage in {"pre", "in", "post"}
    for text in (spec.title, spec.summary, spec.assumes, spec.caution, spec.reading, *spec.references):
        assert text.strip() == text
        assert text
    for text in (spec.summary, spec.assumes, spec.caution, spec.reading):
        assert text.endswith(".")
        assert not {"fair", "unfair", "unbiased", "compliant"} & set(text.lower().replace(".", "").split())
    assert spec.references
    assert len({param.id for param in spec.params}) == len(spec.params)


@pytest.mark.parametrize("name", METHODS)
def test_settings_match_the_constructor_and_have_help_and_limits(name):
    spec, kind = catalogue()[name]
    assert kind().get_params() == default_params(spec)
    assert resolve_params(spec, default_params(spec)) == default_params(spec)
    for param in spec.params:
        assert param.title
        assert param.help.endswith(".")
        if param.kind == "choice":
            assert param.default in param.choices
            assert len(param.choice_titles) == len(param.choices)
        if param.kind in {"int", "float"}:
            assert param.low <= param.default <= param.high


@pytest.mark.parametrize("name", METHODS)
def test_it_is_cloned_like_an_estimator(name):
    from sklearn.base import clone

    spec = catalogue()[name][0]
    changed = {param.id: param.low if param.low != param.default else param.high for param in settings(name)}
    changed |= {param.id: param.choices[-1] for param in spec.params if param.kind == "choice"}
    method = make(name, changed)
    copy = clone(method)
    assert copy is not method
    assert copy.get_params() == method.get_params()
    for param, value in changed.items():
        assert f"{param}={value!r}" in repr(copy.set_params(**{param: value}))


@pytest.mark.parametrize("name", METHODS)
def test_wrong_settings_are_refused_with_a_sentence(name):
    wrong = [({"no_such_setting": 1.0}, "mitigation_unknown_setting")]
    for param in settings(name):
        wrong += [
            ({param.id: param.high + 1}, "mitigation_setting_range"),
            ({param.id: param.low - 1}, "mitigation_setting_range"),
            ({param.id: float("nan")}, "mitigation_setting_type"),
            ({param.id: "much"}, "mitigation_setting_type"),
            ({param.id: True}, "mitigation_setting_type"),
        ]
    for params, code in wrong:
        with pytest.raises(PlanError) as caught:
            make(name, params)
        assert caught.value.code == code
        assert str(caught.value).endswith((".", "?"))


@pytest.mark.parametrize("name", STRONG)
def test_settings_given_to_the_constructor_are_checked_when_work_starts(name):
    method = catalogue()[name][1](strength=7)
    assert method.strength == 7
    with pytest.raises(PlanError):
        method.treat(build(), seed=0, progress=silent)


def test_an_unknown_mitigation_is_refused_with_a_guess():
    with pytest.raises(PlanError, match="reweighing"):
        make("reweighting")


@pytest.mark.parametrize("name", TREATING)
def test_the_same_seed_gives_the_same_rows(name):
    same(treat(name, build(), seed=3), treat(name, build(), seed=3))


@pytest.mark.parametrize("name", ["resampling", "gan"])
def test_another_seed_gives_other_rows(name):
    one, other = treat(name, build(), seed=1), treat(name, build(), seed=2)
    assert one.cells == other.cells
    assert not one.frame.equals(other.frame)


@pytest.mark.parametrize("name", TREATING)
def test_the_callers_table_stays_as_it_is(name):
    table, before = build(), build()
    treated = treat(name, table)
    treated.frame.iloc[:, 0] = 0
    treated.label[:] = 0
    treated.weight[:] = 0
    treated.group[:] = 0
    pd.testing.assert_frame_equal(table.frame, before.frame)
    for part in ("label", "group", "weight"):
        np.testing.assert_array_equal(getattr(table, part), getattr(before, part))


@pytest.mark.parametrize("name", TREATING)
def test_parts_fit_together_and_types_survive(name):
    table = build()
    treated = treat(name, table)
    n = len(treated.frame)
    assert {len(treated.label), len(treated.group), len(treated.weight), len(treated.synthetic)} == {n}
    same_columns_or_numbers(treated, table)
    assert (treated.frame.index == np.arange(n)).all()
    assert np.isfinite(treated.weight).all()
    assert (treated.weight >= 0).all()
    assert treated.label.dtype == table.label.dtype
    assert [(cell.group, cell.label) for cell in treated.cells] == [
        (g, y) for g in table.groups for y in (0, 1)
    ]
    for cell in treated.cells:
        inside = (treated.group == table.groups.index(cell.group)) & (treated.label == cell.label)
        assert treated.weight[inside].sum() == pytest.approx(cell.after)
    assert n == len(table.label) + sum(c.added - c.removed for c in treated.cells)


@pytest.mark.parametrize("name", TREATING)
def test_hostile_names_and_columns_that_say_nothing(name):
    n = 600
    odd = {
        "constant": 1,
        "nothing": np.full(n, np.nan),
        "never": pd.Series([None] * n, dtype=object),
        "mostly": [None] * (n - 1) + ["x"],
        "when": pd.date_range("2020-01-01", periods=n, tz="UTC"),
        "kind": pd.Categorical(["u", "v"] * (n // 2)),
        "maybe": pd.array([1, None] * (n // 2), dtype="Int64"),
        "endless": [np.inf, -np.inf, 0.0, np.nan] * (n // 4),
        **{name: np.arange(n) for name in HOSTILE},
    }
    table = build(n, columns=odd)
    treated = treat(name, table)
    pd.testing.assert_frame_equal(table.frame, build(n, columns=odd).frame)
    if not same_columns_or_numbers(treated, table):
        return
    if catalogue()[name][0].private:
        # That all rows agree, and which values occur, would tell something about each of them.
        pd.testing.assert_frame_equal(treated.frame[~treated.synthetic], table.frame)
        return
    assert (treated.frame["constant"] == 1).all()
    assert treated.frame[["nothing", "never"]].isna().all(axis=None)
    assert treated.frame["when"].isin(table.frame["when"]).all()


@pytest.mark.parametrize("name", TREATING)
def test_later_rows_are_changed_as_the_training_rows_were(name):
    table = build(columns={"when": pd.date_range("2020-01-01", periods=600), "maybe": [1, None] * 300})
    treated = treat(name, table)
    if treated.transform is None:
        return
    before = table.frame.copy()
    pd.testing.assert_frame_equal(treated.transform(table.frame, table.group), treated.frame)
    pd.testing.assert_frame_equal(table.frame, before)
    few = table.frame.head(5).assign(age=[-1000, 1000, 40, 41, 42], job=["new", None, "x", "y", "z"])
    found = treated.transform(few, np.array([-1, -1, 0, 1, -1]))
    assert list(found.columns) == list(treated.frame.columns)
    assert list(found.dtypes) == list(treated.frame.dtypes)
    # A row is changed by itself: whoever else is decided about at the same time makes no difference.
    alone = treated.transform(few.iloc[[3]], np.array([1]))
    pd.testing.assert_frame_equal(alone.reset_index(drop=True), found.iloc[[3]].reset_index(drop=True))


@pytest.mark.parametrize("name", STRONG)
def test_strength_0_changes_nothing(name):
    table = build()
    treated = treat(name, table, strength=0.0)
    pd.testing.assert_frame_equal(treated.frame, table.frame)
    for part in ("label", "group", "weight"):
        np.testing.assert_array_equal(getattr(treated, part), getattr(table, part))
    assert not treated.synthetic.any()


@pytest.mark.parametrize("name", TREATING)
def test_it_stops_when_asked(name):
    calls = []

    def stop(share, message):
        calls.append(share)
        raise Cancelled

    with pytest.raises(Cancelled):
        treat(name, build(), progress=stop)
    assert len(calls) == 1


@pytest.mark.parametrize("name", TREATING)
def test_progress_rises_from_0_to_1(name):
    shares = []
    treat(name, build(), progress=lambda *told: shares.append(told[0]))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize(
    "change",
    [
        {"label": np.full(600, 2, dtype=np.int8)},
        {"group": np.full(600, 9)},
        {"group": np.full(600, -1)},
        {"weight": np.full(600, -1.0)},
        {"weight": np.full(600, np.nan)},
        {"weight": np.ones(3)},
        {"fixed": ("not there",)},
    ],
)
def test_a_table_that_contradicts_itself_is_refused(change):
    table = build()
    parts = {name: getattr(table, name) for name in ("frame", "label", "group", "groups", "weight")}
    with pytest.raises(InputError):
        TrainingTable(**{**parts, **change})


def test_a_second_mitigation_with_the_same_id_is_refused():
    spec, kind = catalogue()["reweighing"]
    first, second = ModuleType("first"), ModuleType("second")
    first.SPEC, first.Method = spec, kind
    second.SPEC, second.Method = spec, kind
    assert list(collect([first])) == ["reweighing"]
    with pytest.raises(TypeError, match="second repeats"):
        collect([first, second])


def test_a_module_without_a_spec_is_refused():
    with pytest.raises(TypeError, match="needs one SPEC"):
        collect([ModuleType("empty")])


def test_the_catalogue_loads_neither_torch_nor_scikit_learn():
    import subprocess
    import sys

    code = "import sys, audit.mitigation.catalogue as c; c.catalogue(); print({'torch', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
