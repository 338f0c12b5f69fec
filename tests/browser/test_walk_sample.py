"""From a sample to a report: open, train, audit, repair in three ways, compare, hand over."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import steps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_a_sample_is_trained_audited_repaired_compared_and_handed_over(server, page, tmp_path):
    page.goto(server.address)
    steps.arrive(page, "Start")
    steps.picture(page, "start")
    page.locator(".st-key-sample_adult").get_by_role("button", name="Open and audit").click()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=steps.LONG)
    steps.settled(page)
    assert "audit=" in page.url

    _train_a_logistic_regression(page)
    headline = _read_the_overview(page)
    _repair(page)
    _compare(page)
    _hand_over(page, tmp_path, headline)
    for screen in ("Data", "Groups", "Intersections", "Methods"):
        steps.go(page, screen)
        if screen != "Methods":
            steps.drawn(page)
        steps.picture(page, screen.lower())
    assert page.complaints == []


def _train_a_logistic_regression(page):
    steps.go(page, "Model")
    steps.pick(page, "Logistic regression")
    steps.picture(page, "model")
    page.get_by_role("button", name="Run the audit").click()
    steps.arrive(page, "Overview")
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=steps.LONG)
    steps.settled(page)
    expect(steps.sidebar(page)).to_contain_text("Logistic regression")


def _read_the_overview(page):
    steps.drawn(page)
    words = steps.said(page)
    assert "16,281" in words  # the test rows of the split column, and no training row
    assert re.search(r"\d+ beyond tolerance", words)
    assert re.search(r"95 % interval [\d.]+ to [\d.]+", words)
    steps.picture(page, "overview")
    return steps.gap_on_screen(words)


def _repair(page):
    steps.go(page, "Mitigate")
    steps.picture(page, "mitigate")
    running = steps.sidebar(page).get_by_text("Work in progress")

    # A long training can be stopped, and a refresh in between neither hides nor hurries it.
    _choose(page, "GAN augmentation")
    _press(page, "gan")
    expect(running).to_be_visible()
    page.reload()
    steps.arrive_while_working(page, "Mitigate")
    expect(running).to_be_visible()
    expect(_running(page, "gan")).to_be_disabled()
    steps.main(page).get_by_role("button", name="Cancel").click()
    expect(running).to_be_hidden(timeout=steps.LONG)
    expect(page.get_by_role("heading", name="Tried so far")).to_have_count(0)
    steps.settled(page)  # the screen is drawn anew: what is about to go would be there twice

    # A short one, refreshed in the middle, ends with a result.
    page.locator(".st-key-settings_gan summary").click()
    epochs = page.locator(".st-key-param_gan_epochs input")
    epochs.fill("2")
    epochs.press("Tab")
    steps.settled(page)
    _once(page, "gan")
    _press(page, "gan")
    expect(running).to_be_visible()
    page.reload()
    expect(running).to_be_visible()
    steps.arrive_while_working(page, "Mitigate")
    expect(steps.main(page).get_by_role("progressbar").first).to_be_visible()
    _choose(page, "Reweighing")
    _press(page, "reweighing")
    _choose(page, "Resampling")
    _once(page, "resampling")
    _press(page, "resampling")
    for title in ("GAN augmentation", "Reweighing", "Resampling"):
        expect(steps.main(page).locator("p strong").get_by_text(title, exact=True)).to_be_visible(
            timeout=steps.LONG
        )
    expect(running).to_be_hidden(timeout=steps.LONG)
    steps.settled(page)
    steps.picture(page, "mitigate-tried")


def _choose(page, title):
    main = steps.main(page)
    main.get_by_test_id("stRadioOption").filter(has_text=title).first.click()
    expect(main.get_by_role("heading", name=title, exact=True)).to_be_visible()


def _once(page, mitigation):
    """Try it with one seed."""
    seeds = page.locator(f".st-key-seeds_{mitigation} input")
    seeds.fill("1")
    seeds.press("Tab")
    steps.settled(page)


def _press(page, mitigation):
    page.locator(f".st-key-try_{mitigation}").get_by_role("button", name="Try").click()
    expect(_running(page, mitigation)).to_be_disabled()


def _running(page, mitigation):
    return page.locator(f".st-key-try_{mitigation}").get_by_role("button", name="Running…")


def _compare(page):
    page.get_by_role("button", name="Compare before and after").click()
    steps.arrive(page, "Compare")
    steps.drawn(page)
    for repair in ("GAN augmentation", "Resampling", "Reweighing"):
        page.get_by_role("combobox", name=re.compile("Repair")).click()
        page.get_by_role("option", name=repair).click()
        steps.settled(page)
        steps.drawn(page)
        words = steps.said(page)
        assert re.search(
            r"change [+−]?[\d.]+ points \(95 % paired interval [+−]?[\d.]+ to [+−]?[\d.]+", words
        )
        steps.picture(page, f"compare-{repair.split()[0].lower()}")
    page.get_by_role("tab", name="Gaps and accuracy").click()
    steps.settled(page)
    page.locator(".st-key-gaps_numbers label").click()
    steps.settled(page)
    for column in ("Before", "Control", "After", "Change"):
        expect(page.get_by_role("columnheader", name=column, exact=True).first).to_be_visible()


def _hand_over(page, folder, headline):
    reweighed = steps.gap_fell(steps.said(page))
    steps.go(page, "Report")
    expect(page.get_by_role("img", name=re.compile("Page 1 of"))).to_be_visible(timeout=steps.LONG)
    steps.picture(page, "report")
    audit = steps.results(page, folder)
    assert headline in {
        steps.points(steps.disparity(audit, metric, ["sex"])["value"])
        for metric in ("demographic_parity", "equal_opportunity", "equalized_odds")
    }
    change = next(
        row
        for row in audit["comparison"]
        if (row["mitigation"], row["metric"], row["comparison"], row["sensitive"])
        == ("reweighing", "demographic_parity", "difference", ["sex"])
    )
    assert (steps.points(change["before"]), steps.points(change["after"])) == reweighed
    assert change["high"] < 0
    assert {row["mitigation"] for row in audit["comparison"]} == {"gan", "resampling", "reweighing"}

    text = steps.pdf_text(steps.fetch(page, "Report (PDF)", folder))
    assert "Adult income prediction" in text
    for words in ("Beyond tolerance", "Reweighing", "Resampling", "GAN augmentation", f"{headline} points"):
        assert words in text, words
