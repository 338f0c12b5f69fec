"""The block on made rows: sentences, a picture of every cell, and each measure beside its yardstick."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.plan import ModelChoice, Plan, Roles
from audit.progress import silent


@pytest.fixture(scope="module")
def made(known):
    """An audit on which trees made rows, and reweighing made none."""
    rng = np.random.default_rng(0)
    n = 2400
    group = np.where(rng.random(n) < 0.5, "**a**", "<b>b</b>")
    label = (rng.random(n) < np.where(group == "**a**", 0.6, 0.3)).astype(int)
    frame = pd.DataFrame(
        {"hired": label, "sex": group, "x": rng.normal(size=n) + label, "w|d": rng.choice(["u", "$v$"], n)}
    )
    store = known.store
    plan = Plan(
        roles=Roles(label="hired", positive="1", sensitive=("sex",), features=("x", "w|d")),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
    )
    audit = store.create_audit(ingest_frame(frame, store.data_folder), plan)
    tasks.run_audit(store, audit, {}, silent)
    for name in ("reweighing", "tree_augmentation"):
        tasks.mitigate(store, audit, {"mitigation": name, "params": {"seeds": 1}}, silent)
    return audit


def block(audit_id, place):
    from ui import cached
    from ui.qualityview import quality
    from ui.screen import Screen

    record = cached.store().get(audit_id)
    quality(Screen(record=record, stored_plan=record.read_plan()), place)


def opened(audit, place):
    at = AppTest.from_function(block, kwargs={"audit_id": audit, "place": place}, default_timeout=60).run()
    assert not at.exception
    return at


def test_made_rows_are_shown_with_what_to_hold_them_against(made):
    at = opened(made, 1)
    said = " ".join(item.value for item in at.markdown).replace("\\", "")
    assert "0.5 is a guess" in said
    assert "rows that the generator never saw" in said
    assert len(at.get("plotly_chart")) == 2


def test_nothing_is_shown_where_no_row_was_made(made):
    at = opened(made, 0)
    assert not at.markdown
    assert not at.header


def test_names_from_the_data_stay_names(made):
    said = " ".join(item.value for item in opened(made, 1).markdown)
    assert "<b>b</b>" not in said
    assert "**a**" not in said.replace(r"\*\*a\*\*", "")
