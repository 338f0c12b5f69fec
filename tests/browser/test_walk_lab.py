"""Through the lab: a model is trained, repaired after training, compared, adopted as files, and a search is run."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser import steps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

REPAIR = "Thresholds by group"
FILES = ["model.skops", "model.onnx", "thresholds.json", "model-card.md", "plan.json"]


def test_a_model_is_repaired_compared_and_adopted_and_a_search_is_run(server, page, tmp_path):
    page.goto(server.address)
    steps.arrive(page, "Start")
    page.locator(".st-key-sample_compas").get_by_role("button", name="Open and audit").click()
    _audited(page)
    steps.go(page, "Model")
    steps.pick(page, "Train a model here")
    steps.pick(page, "Logistic regression")
    page.get_by_role("button", name="Run the audit").click()
    _audited(page)
    expect(steps.sidebar(page)).to_contain_text("Logistic regression")
    # The threshold of the score, a decile, is not that of a probability: somebody is flagged.
    assert "100.0 %" not in steps.said(page).split("Findings")[0]

    _repair(page)
    _compare(page)
    _adopt(page, tmp_path)
    _search(page)
    assert page.complaints == []


def _audited(page):
    steps.arrive(page, "Overview")
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=steps.LONG)
    steps.settled(page)


def _repair(page):
    steps.go(page, "Mitigate")
    steps.pick(page, "After training")
    steps.pick(page, REPAIR)
    expect(steps.main(page).get_by_role("heading", name=REPAIR, exact=True)).to_be_visible()
    seeds = page.locator(".st-key-seeds_threshold_programme input")
    seeds.fill("2")
    seeds.press("Tab")
    steps.settled(page)
    expect(seeds).to_have_value("2")
    page.locator(".st-key-try_threshold_programme").get_by_role("button", name="Try").click()
    tried = steps.main(page).locator("p strong").get_by_text(REPAIR, exact=True)
    expect(tried).to_be_visible(timeout=steps.LONG)
    steps.settled(page)
    expect(steps.main(page).get_by_text(re.compile("2 seeds"))).to_be_visible()


def _compare(page):
    page.get_by_role("button", name="Compare before and after").click()
    steps.arrive(page, "Compare")
    steps.drawn(page)
    assert "95 % paired interval" in steps.said(page)
    _tab(page, "All repairs")
    _click_mark(page, "tradeoff")
    expect(page.get_by_role("combobox", name=re.compile("Repair"))).to_have_value(REPAIR)
    steps.picture(page, "lab-all-repairs")


def _adopt(page, folder):
    _tab(page, "Adopt")
    page.get_by_role("button", name="Make the files").click()
    expect(page.get_by_role("button", name="Download the files (ZIP)")).to_be_visible(timeout=steps.LONG)
    steps.settled(page)
    steps.picture(page, "lab-adopt")
    content = steps.fetch(page, "Download the files (ZIP)", folder).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == FILES
        told = json.loads(archive.read("thresholds.json"))
        card = archive.read("model-card.md").decode()
    assert told["rule"]["groups"]
    assert told["columns"]
    assert f"# Model card: {REPAIR}" in card
    assert "decides otherwise" not in card


def _search(page):
    steps.go(page, "Mitigate")
    page.get_by_test_id("stMultiSelect").filter(has_text="Repairs").get_by_role("combobox").click()
    page.keyboard.type("Reweighing")  # the list is long, and what is out of sight is not drawn
    page.get_by_role("option", name="Reweighing", exact=True).click()
    page.keyboard.press("Escape")
    for label, wanted in (("Settings to try", "20"), ("For at most", "1 minute")):
        page.get_by_role("combobox", name=re.compile(label)).click()
        page.get_by_role("option", name=wanted, exact=True).click()
    steps.main(page).get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("combobox", name=re.compile("Look at one try"))).to_be_visible(timeout=steps.LONG)
    steps.settled(page)
    steps.drawn(page)
    _click_mark(page, "study_picture")
    assert re.search(r"Try \d+", steps.said(page))
    expect(page.get_by_role("button", name="Try this one")).to_be_visible()
    steps.picture(page, "lab-search")


def _tab(page, name):
    steps.main(page).get_by_role("tab", name=name, exact=True).click()
    steps.settled(page)
    steps.drawn_if_any(page)


def _click_mark(page, key):
    """Click the last mark of a picture, which is drawn on top."""
    page.locator(f".st-key-{key} .scatterlayer .points path").last.click(force=True)
    steps.settled(page)
    steps.drawn(page)
