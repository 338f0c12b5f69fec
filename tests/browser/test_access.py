"""Every screen for everybody: screen readers, dark mode, a narrow window, and names that try to be more than names."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.data.samples import open_sample, sample
from audit.plan import ModelChoice, Plan, Roles
from audit.progress import silent
from audit.store import Store
from tests.browser import steps
from tests.browser.conftest import Server, free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

STREAMLITS_OWN = ()
"""Rule and part of the selector of violations inside Streamlit's own widgets, each with its reason."""

BOLD = "**bold** <b>b</b> <img src=x onerror=alert(1)> [l](http://e.xyz) :red[r] $y$"
FORMULA = "=cmd()|' /C calc'!A0"
ARABIC = "مجموعة"
CHINESE = "汉族"
LONG = "L" * 10_000


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A server over a store with one tried audit and one of hostile names."""
    home = tmp_path_factory.mktemp("home")
    store = Store(home)
    audits = {"tried": _tried(store), "hostile": _hostile(store)}
    running = Server(free_port(), home)
    running.start()
    yield running.address, audits
    running.stop()


def _tried(store):
    ricci = sample("ricci")
    plan = ricci.plan
    audit_id = store.create_audit(open_sample("ricci", store.data_folder), plan, sample="ricci")
    tasks.run_audit(store, audit_id, {}, silent)
    by = plan.roles.sensitive[0]
    tasks.mitigate(store, audit_id, {"mitigation": "reweighing", "params": {"group_by": by}}, silent)
    return audit_id


def _hostile(store):
    rng = np.random.default_rng(1)
    rows = 400
    frame = pd.DataFrame(
        {
            BOLD: rng.choice([BOLD, FORMULA, ARABIC], rows),
            LONG: rng.choice([CHINESE, LONG, LONG + "2"], rows),
            FORMULA: rng.choice(["y<i>", "n|--|"], rows),
            ARABIC: rng.normal(size=rows),
        }
    )
    plan = Plan(
        roles=Roles(label=FORMULA, positive="y<i>", sensitive=(BOLD, LONG), features=(ARABIC,)),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
    )
    dataset = ingest_frame(frame, store.data_folder, name="<script>alert(1)</script>.csv")
    audit_id = store.create_audit(dataset, plan)
    tasks.run_audit(store, audit_id, {}, silent)
    tasks.mitigate(store, audit_id, {"mitigation": "reweighing", "params": {"group_by": BOLD}}, silent)
    return audit_id


def _tour(page, address, audit):
    """Visit every screen of an open audit, one after the other."""
    page.goto(f"{address}/?audit={audit}")
    steps.arrive(page, "Start")
    for number, screen in enumerate(steps.QUESTIONS):
        if number:
            steps.go(page, screen)
        if screen in {"Data", "Overview", "Groups", "Intersections", "Compare"}:
            steps.drawn_if_any(page)
        yield screen


def _violations(page):
    answer = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert len(answer["passes"]) > 15  # the rules were really tried
    found = answer["violations"]
    return [
        (rule["id"], rule["impact"], str(node["target"]), node["html"][:300])
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
        if not any(
            rule["id"] == known and part in str(node["target"]) + node["html"]
            for known, part, _ in STREAMLITS_OWN
        )
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_has_a_serious_barrier(shown, look, scheme):
    address, audits = shown
    page = look(scheme=scheme)
    found = {}
    for screen in _tour(page, address, audits["tried"]):
        assert screen in page.title()
        background = page.get_by_test_id("stApp").evaluate("node => getComputedStyle(node).backgroundColor")
        channels = [int(part) for part in re.findall(r"\d+", background)[:3]]
        assert (max(channels) < 60) == (scheme == "dark"), background
        violations = _violations(page)
        if violations:
            found[screen] = violations
        if scheme == "dark":
            steps.picture(page, f"dark-{screen.lower()}")
    assert found == {}
    assert page.complaints == []


def test_a_narrow_window_never_scrolls_sideways(shown, look):
    address, audits = shown
    page = look(width=390)
    wide = {}
    for screen in steps.QUESTIONS:
        slug = "" if screen == "Start" else screen.split()[0].lower()
        page.goto(f"{address}/{slug}?audit={audits['tried']}")
        steps.arrive(page, screen)
        steps.drawn_if_any(page)
        inside, window = steps.main(page).evaluate("node => [node.scrollWidth, node.clientWidth]")
        if inside > window:
            wide[screen] = (inside, window)
        steps.picture(page, f"narrow-{screen.lower()}")
    assert wide == {}
    assert page.complaints == []


def test_names_from_the_data_are_shown_and_never_obeyed(shown, look):
    address, audits = shown
    page = look()
    for screen in _tour(page, address, audits["hostile"]):
        for place in (steps.main(page), steps.sidebar(page)):
            for injected in ("b", "img[src='x']", "a[href*='e.xyz']", "script", "i", ".katex"):
                allowed = screen == "Methods" and injected == ".katex"  # formulas of its own
                assert allowed or place.locator(injected).count() == 0, (screen, injected)
        if screen in {"Data", "Overview", "Groups", "Intersections", "Compare"}:
            words = steps.said(page)
            assert "<b>b</b>" in words, screen
            assert "L" * 300 not in words, screen
        steps.picture(page, f"hostile-{screen.lower()}")
    assert page.complaints == []
