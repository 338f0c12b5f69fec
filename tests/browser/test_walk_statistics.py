"""Behind the verdicts: comparable people, thresholds, how firm it is, subgroups and four fifths, on real data."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from audit import tasks
from audit.data.samples import open_sample, sample
from audit.progress import silent
from audit.store import Store
from tests.browser import steps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def audits(server):
    """Samples that have been audited already, in the store of the server."""
    store = Store(server.home)
    found = {}
    for name in ("berkeley", "acs_employment", "compas", "ricci"):
        dataset = open_sample(name, store.data_folder)
        found[name] = store.create_audit(dataset, sample(name).plan, sample=name)
        tasks.run_audit(store, found[name], {}, silent)
    return found


def open_at(page, server, audits, name, screen):
    page.goto(f"{server.address}/{screen.split()[0].lower()}?audit={audits[name]}")
    steps.arrive(page, screen)


def tab(page, name):
    steps.main(page).get_by_role("tab", name=name, exact=True).click()
    steps.settled(page)


def test_a_gap_that_is_not_there_among_comparable_people(page, server, audits):
    open_at(page, server, audits, "berkeley", "Comparable people")
    steps.drawn(page)
    words = steps.said(page)
    assert "14.2 points less frequent" in words
    assert "In 4 of 6 values of department it has the other sign." in words
    steps.go(page, "Overview")
    words = steps.said(page)
    assert "44.5 %" in words
    # The decision is its own label: nothing is said of errors that nobody can make.
    assert "Equal chances" not in words.split("Tolerances")[0]
    assert page.complaints == []


def test_every_threshold_without_counting_again(page, server, audits):
    open_at(page, server, audits, "acs_employment", "Thresholds")
    steps.drawn(page)
    assert "at the threshold in use, 0.5, the groups are 57.9 points apart" in steps.said(page)
    steps.main(page).get_by_role("slider").first.press("ArrowLeft")
    steps.settled(page)
    page.wait_for_url(re.compile("threshold=0.49"))
    assert "0.49" in steps.said(page)
    page.reload()
    steps.arrive(page, "Thresholds")
    steps.drawn(page)
    assert "0.49" in steps.said(page)
    for name in ("How do they rank?", "How are they spread?"):
        tab(page, name)
        steps.drawn(page)
    assert page.complaints == []


def test_how_firm_a_verdict_is(page, server, audits):
    open_at(page, server, audits, "acs_employment", "Certainty")
    steps.drawn(page)
    found = re.search(r"([\d,]+) of ([\d,]+) decisions about ‘With a disability’", steps.said(page))
    assert found, steps.said(page)[:500]
    tab(page, "Worst groups")
    tab(page, "Other tools")
    expect(steps.main(page).get_by_text("other tools would print")).to_be_visible()
    words = steps.said(page)
    assert all(tool in words for tool in ("AIF360", "Aequitas", "OxonFair", "AI Verify"))
    assert page.complaints == []


def test_subgroups_are_searched_found_and_handed_over(page, server, audits, tmp_path):
    open_at(page, server, audits, "compas", "Intersections")
    steps.main(page).get_by_role("button", name="Search", exact=True).click()
    expect(
        steps.main(page)
        .get_by_text(re.compile(r"\d+ subgroups by up to three of \d columns were tested"))
        .first
    ).to_be_visible(timeout=steps.LONG)
    steps.settled(page)
    steps.drawn(page)
    steps.picture(page, "subgroups")
    steps.go(page, "Report")
    words = steps.pdf_text(steps.fetch(page, "Report (PDF)", tmp_path))
    assert re.search(r"\d+ subgroups by up to three of \d columns were tested", words)
    assert page.complaints == []


def test_four_fifths_with_people_and_a_test(page, server, audits):
    open_at(page, server, audits, "ricci", "Groups")
    steps.drawn(page)
    steps.main(page).get_by_text("Four fifths: impact ratios").click()
    steps.settled(page)
    assert "Below four fifths" in steps.said(page) or "four fifths" in steps.said(page)
    steps.main(page).get_by_test_id("stCheckbox").filter(has_text="Show p-values").locator(
        "label"
    ).first.click()
    expect(steps.main(page).get_by_text(re.compile("Holm")).first).to_be_visible()
    steps.settled(page)
    assert page.complaints == []
