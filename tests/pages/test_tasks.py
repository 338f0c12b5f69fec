"""Several classes, predicted numbers and models of each group's own on their screens."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.plan import Plan, Roles
from audit.progress import silent
from audit.store import Store
from tests.pages.conftest import APP


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One audit of each kind, in a store of its own."""
    home = tmp_path_factory.mktemp("tasks")
    before = os.environ.get("EVENHAND_HOME")
    os.environ["EVENHAND_HOME"] = str(home)
    store, rng, n = Store(), np.random.default_rng(0), 400
    g, x = rng.choice(["u", "v"], n), rng.normal(size=n)
    y = rng.choice(["red", "green", "b<i>lue"], n)
    classes = {"y": y, "d": np.where(rng.random(n) < 0.7, y, "red"), "g": g, "x": x}
    numbers = {"y": 5000 + 900 * x, "p": 5000 + 800 * x + (g == "u") * 200, "g": g, "x": rng.normal(size=n)}
    values = {"y": (x > 0).astype(int), "d": ((x > 0) ^ (g == "v")).astype(int), "g": g, "x": x}
    kinds = {
        "classes": (
            classes,
            Plan(roles=Roles(label="y", decision="d", positive="red", sensitive=("g",), task="multiclass")),
        ),
        "numbers": (numbers, Plan(roles=Roles(label="y", score="p", sensitive=("g",), task="regression"))),
        "regret": (values, Plan(roles=Roles(label="y", decision="d", sensitive=("g",)), regret=True)),
        "plain": (values, Plan(roles=Roles(label="y", decision="d", sensitive=("g",)))),
    }
    ids = {}
    for name, (columns, plan) in kinds.items():
        dataset = ingest_frame(pd.DataFrame(columns), store.data_folder, name=name)
        ids[name] = store.create_audit(dataset, plan)
        tasks.run_audit(store, ids[name], {}, silent)
    yield ids, store
    if before is None:
        del os.environ["EVENHAND_HOME"]
    else:
        os.environ["EVENHAND_HOME"] = before


def opened(slug, audit_id, **params):
    at = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in {"audit": audit_id, **params}.items():
        at.query_params[name] = value
    at.switch_page(f"pages/{slug}.py")
    at.run()
    assert not at.exception, at.exception
    return at


def said(at):
    return " ".join(element.value for element in at.markdown)


def test_every_class_is_on_the_screen_about_groups(made):
    ids, _ = made
    at = opened("05_groups", ids["classes"])
    assert "Class by class" in [header.value for header in at.header]
    assert "pairs of class and group" in said(at)
    assert "b<i>lue" not in said(at)


def test_numbers_are_on_the_screen_about_groups(made):
    ids, _ = made
    at = opened("05_groups", ids["numbers"])
    headers = [header.value for header in at.header]
    assert "Predicted numbers" in headers
    assert "Scoring rates" in headers
    assert "above the median prediction least often" in said(at)


def test_two_values_show_neither(made):
    ids, _ = made
    headers = [header.value for header in opened("05_groups", ids["plain"]).header]
    assert "Class by class" not in headers
    assert "Predicted numbers" not in headers


@pytest.mark.parametrize("name", ["classes", "numbers", "regret"])
@pytest.mark.parametrize("slug", ["02_data", "03_model", "04_overview", "09_certainty"])
def test_the_other_screens_stand(made, name, slug):
    ids, _ = made
    opened(slug, ids[name])


def test_the_form_asks_what_a_label_holds(made):
    ids, _ = made
    at = opened("02_data", ids["numbers"])
    labels = [box.label for box in at.selectbox]
    assert "Column with the predicted numbers" in labels
    assert "Its positive value" not in labels
    at = opened("02_data", ids["classes"])
    assert "Its positive value" in [box.label for box in at.selectbox]
    assert "above its median" in " ".join(
        element.value for element in opened("02_data", ids["numbers"]).markdown
    )


def test_what_a_column_can_be_audited_as():
    from audit.data.dataset import ColumnProfile
    from ui.taskform import kinds

    def profile(kind, n, low=None):
        return ColumnProfile(name="y", kind=kind, dtype="", n_missing=0, n_distinct=n, low=low, high=low)

    assert kinds(None) == kinds(profile("binary", 2, 0.0)) == ["binary"]
    assert kinds(profile("categorical", 5)) == ["multiclass"]
    assert kinds(profile("categorical", 5, 1.0)) == ["multiclass", "regression"]
    assert kinds(profile("numeric", 40, 1.0)) == ["regression", "multiclass"]
    assert kinds(profile("numeric", 400, 1.0)) == ["regression"]
    assert kinds(profile("text", 400)) == ["binary"]


def test_reports_have_their_parts(made):
    from audit.report.sections.regret import regret
    from audit.report.sections.task import task

    ids, store = made
    known = {name: tasks.load_audit(store, audit_id) for name, audit_id in ids.items()}
    assert task(known["plain"]) == regret(known["plain"]) == []
    assert task(known["classes"])
    assert task(known["numbers"])
    assert regret(known["regret"])
