"""One store with four audits, made once, for every test of a screen."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.data.samples import open_sample, sample
from audit.plan import Grouping, ModelChoice, Plan, Roles
from audit.progress import silent
from audit.store import Store

APP = Path(__file__).resolve().parents[2] / "app.py"

BOLD = "**bold** _x_ `c` $y$ [l](http://e.xyz) <b>h</b> :red[r] :smile:"
FORMULA = "=cmd()|' /C calc'!A0"
ARABIC = "مجموعة"
CHINESE = "汉族"
LONG = "L" * 10_000


@dataclass(frozen=True)
class Known:
    """The audits of the test store, by what they are good for."""

    store: Store
    sample: str
    hostile: str
    tiny: str
    tried: str
    fresh: str


@pytest.fixture(scope="session")
def known(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    before = os.environ.get("EVENHAND_HOME")
    os.environ["EVENHAND_HOME"] = str(home)
    store = Store()
    ricci = sample("ricci")
    dataset = open_sample("ricci", store.data_folder)
    first = store.create_audit(dataset, ricci.plan, sample="ricci")
    tasks.run_audit(store, first, {}, silent)
    fresh = store.create_audit(dataset, ricci.plan, sample="ricci")
    yield Known(
        store=store,
        sample=first,
        hostile=_hostile(store),
        tiny=_tiny(store),
        tried=_tried(store),
        fresh=fresh,
    )
    if before is None:
        del os.environ["EVENHAND_HOME"]
    else:
        os.environ["EVENHAND_HOME"] = before


def _hostile(store):
    rng = np.random.default_rng(1)
    n = 240
    frame = pd.DataFrame(
        {
            BOLD: rng.choice([BOLD, FORMULA, ARABIC], n),
            LONG: rng.choice([CHINESE, LONG, LONG + "2"], n),
            FORMULA: rng.choice(["y<i>", "n|--|"], n),
            ARABIC: rng.choice(["y<i>", "n|--|"], n),
        }
    )
    roles = Roles(
        label=FORMULA, positive="y<i>", decision=ARABIC, decision_positive=("y<i>",), sensitive=(BOLD, LONG)
    )
    dataset = ingest_frame(frame, store.data_folder, name="<script>alert(1)</script>.csv")
    audit_id = store.create_audit(dataset, Plan(roles=roles))
    tasks.run_audit(store, audit_id, {}, silent)
    return audit_id


def _tiny(store):
    frame = pd.DataFrame(
        {
            "y": [1, 0, 1, 1, 0, 0, 0],
            "d": [1, 0, 0, 1, 1, 0, 0],
            "g": ["a", "a", "a", "b", "b", "c", None],
            "h": ["u", "u", "v", "v", "u", "v", "u"],
        }
    )
    roles = Roles(label="y", positive="1", decision="d", decision_positive=("1",), sensitive=("g", "h"))
    audit_id = store.create_audit(ingest_frame(frame, store.data_folder, name="tiny"), Plan(roles=roles))
    tasks.run_audit(store, audit_id, {}, silent)
    return audit_id


def _tried(store):
    rng = np.random.default_rng(2)
    n = 600
    group = rng.choice(["a", "b"], n)
    x = rng.normal(size=n) + (group == "a")
    frame = pd.DataFrame(
        {"x": x, "z": rng.normal(size=n), "group": group, "y": (x + rng.normal(size=n) > 0.5).astype(int)}
    )
    plan = Plan(
        roles=Roles(label="y", sensitive=("group",), features=("x", "z")),
        grouping=Grouping(),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
    )
    audit_id = store.create_audit(ingest_frame(frame, store.data_folder, name="trained"), plan)
    tasks.run_audit(store, audit_id, {}, silent)
    tasks.mitigate(store, audit_id, {"mitigation": "reweighing", "params": {"group_by": "group"}}, silent)
    return audit_id


@pytest.fixture
def walk(known):
    """Open screens one after the other as a browser does, with the audit in the address."""

    def walk(pages, audit=""):
        at = AppTest.from_file(str(APP), default_timeout=60).run()
        for page in pages:
            at.switch_page(f"pages/{page}.py")
            if audit:
                at.query_params["audit"] = audit
            yield page, at.run()

    return walk


@pytest.fixture
def visit(walk):
    """Open one screen."""

    def visit(page, audit=""):
        return next(at for _, at in walk([page], audit))

    return visit
