"""From a file of one's own to a report: a deep link, a table, a model, a restart; and files that are refused."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

MODELS = ROOT / "sample_data" / "models"


def test_a_file_and_a_model_are_audited_and_survive_a_restart(fresh_server, page, tmp_path):
    page.goto(f"{fresh_server.address}/overview")
    _lead_from_an_empty_deep_link_to_the_start(page)
    _upload(page, MODELS / "adult_test.csv")
    _give_roles(page)
    _refuse_a_pickle(page, tmp_path)
    _bring_a_model(page)
    numbers, address = _read(page)
    _hand_over(page, tmp_path)

    page.goto("about:blank")
    fresh_server.stop()
    fresh_server.start()
    page.goto(address)
    steps.arrive(page, "Overview")
    steps.drawn(page)
    assert _numbers(page) == numbers

    _delete(page)
    page.goto(address)
    expect(steps.main(page).get_by_role("alert").first).to_be_visible()
    assert "Traceback" not in steps.said(page)
    assert page.complaints == []


def _lead_from_an_empty_deep_link_to_the_start(page):
    expect(page.get_by_text("No audit is open.")).to_be_visible(timeout=steps.LONG)
    steps.arrive(page, "Overview")
    expect(steps.sidebar(page).get_by_role("link", name="Methods")).to_be_visible()
    steps.picture(page, "deep-link")
    page.get_by_role("button", name="Choose what to audit").click()
    steps.arrive(page, "Start")


def _upload(page, path):
    steps.main(page).locator('input[type="file"]').set_input_files(path)
    steps.arrive(page, "Data")


def _give_roles(page):
    words = steps.said(page)
    assert "adult_test.csv has 16,281 rows and 15 columns" in words
    expect(page.get_by_role("combobox", name=re.compile("Column that holds"))).to_have_value("income")
    expect(page.get_by_role("combobox", name=re.compile("Its positive value"))).to_have_value(">50K")
    sensitive = page.locator('[data-testid="stMultiSelect"]').filter(has_text="Sensitive features")
    guessed = sensitive.get_by_role("button", name=re.compile("^Remove (sex|race|age)$"))
    assert guessed.count() >= 1, "no sensitive feature was guessed"
    steps.picture(page, "upload-roles")
    steps.choose_only(page, "Sensitive features", ["sex"])
    save = page.get_by_role("button", name="Save the roles")
    if save.is_enabled():
        save.click()
    page.get_by_role("button", name="Continue to the model").click()
    steps.arrive(page, "Model")


def _refuse_a_pickle(page, folder):
    steps.pick(page, "An ONNX file")
    disguised = folder / "model.onnx"
    disguised.write_bytes(b"\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.")
    steps.main(page).locator('input[type="file"]').set_input_files(disguised)
    refusal = steps.main(page).get_by_role("alert").filter(has_text=re.compile("pickle", re.IGNORECASE))
    expect(refusal).to_be_visible()
    assert "skops" in refusal.inner_text()
    steps.picture(page, "refused-pickle")
    expect(steps.sidebar(page)).to_contain_text("income is >50K")


def _bring_a_model(page):
    steps.pick(page, "An ONNX file")
    steps.main(page).locator('input[type="file"]').set_input_files(MODELS / "adult_logistic.onnx")
    expect(steps.main(page).get_by_text("The file fits the data")).to_be_visible()
    steps.settled(page)
    steps.picture(page, "model-onnx")
    page.get_by_role("button", name="Run the audit").click()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=steps.LONG)
    steps.arrive(page, "Overview")


def _read(page):
    steps.drawn(page)
    steps.picture(page, "overview-onnx")
    return _numbers(page), page.url


def _numbers(page):
    return re.findall(r"[+−]?\d[\d.,]*", steps.said(page))


def _hand_over(page, folder):
    headline = steps.gap_on_screen(steps.said(page))
    steps.go(page, "Report")
    audit = steps.results(page, folder)
    assert audit["rows"]["audited"] == 16_281
    assert headline in {
        steps.points(steps.disparity(audit, metric, ["sex"])["value"])
        for metric in ("demographic_parity", "equal_opportunity", "equalized_odds")
    }
    accuracy = next(row for row in audit["metrics"] if row["metric"] == "accuracy" and row["group"] is None)
    assert round(accuracy["value"], 3) == 0.852  # what the model's own page says
    text = steps.pdf_text(steps.fetch(page, "Report (PDF)", folder))
    for words in ("adult_logistic.onnx", f"{headline} points", audit["fingerprint"][:12]):
        assert words in text, words


def _delete(page):
    steps.go(page, "Start")
    expect(page.get_by_role("heading", name="Recent audits")).to_be_visible()
    steps.picture(page, "start-recent")
    steps.main(page).get_by_role("button", name="Delete", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This cannot be undone")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("heading", name="Recent audits")).to_have_count(0)


BAD = {
    "empty.csv": (b"", "empty"),
    "header.csv": (b"label,sex\n", "no rows"),
    "quoting.csv": (b'label,sex\n1,"a\n0,b\n1,"c" d\n', "quot"),
    "junk.csv": (bytes(range(256)) * 8, "cannot be read"),
}


def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(server, page, tmp_path):
    page.goto(server.address)
    steps.arrive(page, "Start")
    for name, (content, word) in BAD.items():
        path = tmp_path / name
        path.write_bytes(content)
        steps.main(page).locator('input[type="file"]').set_input_files(path)
        # The refusal of the file before may still be there: this one's names the file.
        refusal = steps.main(page).get_by_role("alert").filter(has_text=name)
        expect(refusal).to_be_visible()
        assert re.search(word, refusal.inner_text(), re.IGNORECASE), refusal.inner_text()
        assert "quote reference" not in refusal.inner_text(), name
        expect(steps.heading(page, "Start")).to_be_visible()
        expect(steps.main(page).locator('input[type="file"]')).to_have_count(1)
        steps.settled(page)
    steps.picture(page, "refused-table")
    _upload(page, MODELS / "adult_test.csv")
    assert page.complaints == []
