"""What a person does on the screens, step by step; every step waits for what it should see."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pypdfium2
from playwright.sync_api import expect

ARTEFACTS = Path(__file__).resolve().parents[2] / "test-artefacts"
LONG = 240_000
"""Milliseconds that work on a slow machine may take."""

QUESTIONS = {
    "Start": "What would you like to audit?",
    "Data": "Who is in the data, and what is missing?",
    "Model": "Where do the decisions come from?",
    "Overview": "What did we find?",
    "Groups": "Who is treated differently, and how sure is that?",
    "Intersections": "Is it worse where attributes meet?",
    "Comparable people": "Does the gap remain among comparable people?",
    "Thresholds": "Would another threshold, or honest probabilities, change it?",
    "Certainty": "How firm is this?",
    "Mitigate": "What could be done?",
    "Compare": "Did it help, and who paid?",
    "Report": "What do I hand over?",
    "Methods": "How was it computed?",
}


def settled(page):
    """Wait until the server has nothing more to say and no part of the screen is out of date."""
    page.wait_for_function(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            return app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
                && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]');
        }""",
        timeout=LONG,
    )
    assert page.get_by_text("Something went wrong").count() == 0, f"an error nobody foresaw on {page.url}"


def heading(page, screen):
    return page.get_by_role("heading", name=QUESTIONS[screen], exact=True, level=1)


def arrive(page, screen, *, timeout=LONG):
    expect(heading(page, screen)).to_be_visible(timeout=timeout)
    settled(page)


def go(page, screen):
    """Follow a link of the sidebar."""
    sidebar(page).get_by_role("link", name=screen, exact=True).click()
    arrive(page, screen)


def sidebar(page):
    return page.get_by_test_id("stSidebar")


def main(page):
    return page.get_by_test_id("stMain")


def said(page):
    """Give the words of the screen, blanks made equal."""
    return " ".join(main(page).inner_text().split())


def drawn(page):
    """Wait until every picture of the screen is drawn."""
    page.wait_for_function(
        """() => {
            const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
            return charts.length && charts.every((chart) => chart.querySelector('.main-svg'));
        }"""
    )


def drawn_if_any(page):
    """Wait for the pictures of a screen that may have none."""
    if page.get_by_test_id("stPlotlyChart").count():
        drawn(page)


def picture(page, name):
    """Keep what the screen shows, whole, for a person to look at."""
    ARTEFACTS.mkdir(exist_ok=True)
    before = page.viewport_size
    high = page.evaluate("() => document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    page.set_viewport_size({"width": before["width"], "height": min(max(high, before["height"]), 6000)})
    settled(page)
    drawn_if_any(page)
    page.screenshot(path=ARTEFACTS / f"{name}.png")
    page.set_viewport_size(before)


def pick(page, name):
    """Choose one of several by its words."""
    main(page).get_by_test_id("stRadioOption").filter(has_text=name).first.click()
    settled(page)


def fetch(page, button, folder):
    """Download a file and give its place."""
    with page.expect_download(timeout=LONG) as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def pdf_text(path):
    """Give the words of a PDF, blanks made equal and places where a line may break left out."""
    assert path.read_bytes().startswith(b"%PDF")
    document = pypdfium2.PdfDocument(path)
    try:
        words = " ".join(page.get_textpage().get_text_range() for page in document)
        return " ".join(words.replace("\N{ZERO WIDTH SPACE}", "").split())
    finally:
        document.close()


def gap_on_screen(words):
    """Give the points of the first gap that a screen tells, as written."""
    found = re.search(r"a gap of ([\d.]+) points", words)
    assert found, words[:600]
    return found[1]


def disparity(audit, metric, sensitive, comparison="difference"):
    return next(
        row
        for row in audit["disparities"]
        if (row["metric"], row["sensitive"], row["comparison"]) == (metric, sensitive, comparison)
    )


def results(page, folder):
    """Download the results and read them."""
    return json.loads(fetch(page, "Results (JSON)", folder).read_text(encoding="utf-8"))


def points(value):
    return f"{100 * value:.1f}"


def gap_fell(words):
    """Give what the gap in selections was before and after, as written on the screen."""
    found = re.search(
        r"fell from ([\d.]+) points to ([\d.]+) points", words[words.index("Gaps and accuracy") :]
    )
    assert found, words[-2000:]
    return found[1], found[2]


def arrive_while_working(page, screen):
    """Arrive on a screen that a running job keeps up to date, so that it never falls silent."""
    expect(heading(page, screen)).to_be_visible(timeout=LONG)


def choose_only(page, label, wanted):
    """Leave exactly these values in a picker of several."""
    box = page.get_by_test_id("stMultiSelect").filter(has_text=label)
    clear = box.get_by_role("button", name="Clear all")
    if clear.count():
        clear.click()
        settled(page)
    for value in wanted:
        box.get_by_role("combobox").click()
        page.get_by_role("option", name=value, exact=True).click()
        settled(page)
    page.keyboard.press("Escape")
