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
    for name in ("interpolation", "reweighing", "tree_augmentation"):
        tasks.mitigate(store, audit, {"mitigation": name, "params": {"seeds": 1}}, silent)
    return audit


def block(audit_id, place):
    from ui import cached
    from ui.qualityview import quality
    from ui.screen import Screen

    record = cached.store().get(audit_id)
    quality(Screen(record=record, stored_plan=record.read_plan()), place)


def taking(audit_id, place):
    from ui import cached
    from ui.adoptview import rows
    from ui.screen import Screen

    record = cached.store().get(audit_id)
    rows(Screen(record=record, stored_plan=record.read_plan()), place)


def opened(audit, place, show=block):
    at = AppTest.from_function(show, kwargs={"audit_id": audit, "place": place}, default_timeout=60).run()
    assert not at.exception
    return at


def test_made_rows_are_shown_with_what_to_hold_them_against(made):
    at = opened(made, 2)
    said = " ".join(item.value for item in at.markdown).replace("\\", "")
    assert "0.5 is a guess" in said
    assert "rows that the generator never saw" in said
    assert len(at.get("plotly_chart")) == 2


def test_nothing_is_shown_where_no_row_was_made(made):
    for show in (block, taking):
        at = opened(made, 1, show)
        assert not at.markdown
        assert not at.header


def test_names_from_the_data_stay_names(made):
    said = " ".join(item.value for item in opened(made, 2).markdown)
    assert "<b>b</b>" not in said
    assert "**a**" not in said.replace(r"\*\*a\*\*", "")


def told(at):
    return " ".join(str(item.value) for kind in (at.markdown, at.caption) for item in kind).replace("\\", "")


def test_the_rows_are_offered_and_then_downloaded(made, known, monkeypatch):
    from audit import jobs

    started = []
    monkeypatch.setattr(jobs, "start", lambda *args, **named: started.append((args[1:], named)))
    at = opened(made, 2, taking)
    assert at.header[0].value == "Take the made rows along"
    assert "is_synthetic" in told(at)
    assert "hand this table only to whom you may give the data themselves" in told(at)
    at.selectbox(key="table").set_value("csv").run()
    at.button(key="rows_2").click().run()
    assert not at.exception
    ((_, kind, payload), named) = started[0]
    assert kind == "rows"
    assert payload["rows"] == "augmented"
    assert payload["kind"] == "csv"
    assert named["title"].startswith("Made rows: ")
    tasks.take_rows(known.store, made, payload, silent)
    at = opened(made, 2, taking)
    assert [button.label for button in at.button] == ["Make the table"]  # Parquet was not made
    at.selectbox(key="table").set_value("csv").run()
    assert not at.exception
    assert not at.button
    assert at.get("download_button")[0].proto.label == "Download the table (ZIP)"


def test_a_generator_that_stays_is_explained(made):
    said = told(opened(made, 0, taking))
    assert "The generator is not handed over: it makes rows between real ones" in said


def test_an_audit_that_withholds_small_groups_offers_made_rows_only(made, known):
    from dataclasses import replace

    store = known.store
    plan = store.get(made).read_plan()
    plan = replace(plan, grouping=replace(plan.grouping, small="suppress"))
    audit = store.create_audit(store.dataset(made), plan)
    tasks.run_audit(store, audit, {}, silent)
    tasks.mitigate(store, audit, {"mitigation": "tree_augmentation", "params": {"seeds": 1}}, silent)
    at = opened(audit, 0, taking)
    assert at.selectbox(key="rows").options == ["Made rows only"]
    assert "the table holds made rows only" in told(at)


def test_the_compare_screen_has_both(visit, made):
    at = visit("11_compare", made)
    at.query_params["compare_parts"] = "Adopt"
    at.query_params["trial"] = "2"
    at.run()
    assert not at.exception
    assert {"Adopt this model", "Take the made rows along"} <= {header.value for header in at.header}
