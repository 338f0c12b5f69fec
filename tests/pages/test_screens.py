"""Every screen, for every kind of audit: it draws, it says what the audit says, and it shows names literally."""

from __future__ import annotations

import re

import pytest

from audit import tasks, wording
from audit.report.sections.front import cover
from tests.pages.conftest import BOLD, CHINESE
from ui import overview, text
from ui.pagespec import pages

PAGES = [file.path.stem for file in pages()]
NEEDS = {file.path.stem: file.spec.needs for file in pages()}
QUESTION = {file.path.stem: file.spec.question for file in pages()}


def said(at):
    """Everything that a screen says in Markdown, captions, headings, labels, messages and tables."""
    parts = [
        element.value for kind in ("markdown", "title", "header", "subheader") for element in at.get(kind)
    ]
    parts += [str(element.value) for element in at.error]
    parts += [
        element.label
        for kind in ("button", "selectbox", "checkbox", "number_input")
        for element in at.get(kind)
    ]
    return "\n".join(str(part) for part in parts)


def literally(markdown):
    """What a reader sees of escaped Markdown."""
    return (
        re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)
        .replace("\u2060", "")
        .replace("\u200b", "")
        .replace("\u00a0", " ")
    )


@pytest.mark.parametrize("which", ["", "fresh", "sample", "hostile", "tiny", "tried"])
def test_every_screen_draws_for_every_audit(walk, known, which):
    for page, at in walk(PAGES, getattr(known, which) if which else ""):
        assert not at.exception, page
        assert not [error.value for error in at.error], page
        assert [title.value for title in at.title] == [QUESTION[page]]


def test_without_an_audit_a_screen_leads_to_the_start(walk):
    for page, at in walk([page for page in PAGES if NEEDS[page] != "nothing"]):
        assert "No audit is open." in literally(said(at)), page
        assert at.button(key="way_out").label == "Choose what to audit"


def test_before_the_first_run_a_screen_leads_to_the_model(walk, known):
    for page, at in walk([page for page in PAGES if NEEDS[page] in {"result", "trials"}], known.fresh):
        assert "has not been run yet" in literally(said(at)), page
        assert at.button(key="way_out").label == "Choose the model and run"


def test_comparing_without_a_trial_leads_to_the_lab(visit, known):
    assert visit("11_compare", known.sample).button(key="way_out").label == "Choose a mitigation"


def test_the_overview_says_the_sentences_of_the_audit(visit, known):
    audit = tasks.load_audit(known.store, known.sample)
    shown = literally(said(visit("04_overview", known.sample)))
    row = audit.disparity("demographic_parity", "difference", ("race",))
    assert wording.headline(row, audit.metrics, audit.plan.roles) in shown
    assert wording.points(row.value) in shown
    assert f"{wording.count(audit.data.audited)} people of ricci.csv were audited" in shown
    assert wording.verdict_word(row.verdict) in shown


@pytest.mark.parametrize("which", ["sample", "tiny", "tried", "hostile"])
def test_the_overview_begins_with_the_sentence_of_the_reports_cover(known, which):
    audit = tasks.load_audit(known.store, getattr(known, which))
    row = overview.lead(audit)
    said = wording.headline(row, audit.metrics, audit.plan.roles, confidence=audit.plan.confidence)
    assert cover(audit).headline == said


def test_every_verdict_is_seen_at_a_glance(visit, known):
    audit = tasks.load_audit(known.store, known.tiny)
    table = visit("04_overview", known.tiny).table[0].value
    assert len(table) == len(audit.groupings)
    shown = literally(table.to_csv())
    for verdict in ("beyond", "cannot_tell", "within"):
        judged = [row for row in audit.disparities if row.verdict == verdict]
        assert shown.count(wording.verdict_symbol(verdict)) == len(judged)


def test_a_finding_does_not_say_the_answer_again(visit, known):
    audit = tasks.load_audit(known.store, known.tried)
    row = overview.lead(audit)
    headline = wording.headline(row, audit.metrics, audit.plan.roles)
    found = [finding for finding in audit.findings if finding.evidence.startswith(headline)]
    shown = literally(said(visit("04_overview", known.tried)))
    assert shown.count(headline) == 1  # the answer; neither the picture nor a finding repeats it
    assert all(finding.title in shown for finding in found)


def test_a_rate_that_a_criterion_is_about_has_its_verdict(visit, known):
    audit = tasks.load_audit(known.store, known.sample)
    row = audit.disparity("demographic_parity", "difference", ("race",))
    assert row.verdict
    shown = literally(said(visit("05_groups", known.sample)))
    assert wording.verdict_word(row.verdict) in shown
    assert wording.verdict_sentence(row) in shown


def test_the_groups_screen_has_the_numbers_of_the_audit(visit, known):
    audit = tasks.load_audit(known.store, known.sample)
    at = visit("05_groups", known.sample)
    shown = literally(said(at))
    row = audit.disparity("selection_rate", "difference", ("race",))
    assert wording.headline(row, audit.metrics, audit.plan.roles) in shown
    at.toggle(key="forest_numbers").set_value(True).run()
    cells = literally(at.table[0].value.to_csv())
    for group in audit.groups(("race",)):
        rate = audit.metric("selection_rate", ("race",), group)
        assert wording.percent(rate.value) in cells
        assert wording.count(rate.n) in cells


def test_another_rate_changes_the_picture(visit, known):
    at = visit("05_groups", known.sample)
    first = at.get("plotly_chart")[0].proto.spec
    at.selectbox(key="metric").select("base_rate").run()
    assert not at.exception
    assert at.get("plotly_chart")[0].proto.spec != first


def test_pictures_carry_their_takeaway_and_no_template(walk, known):
    for _, at in walk(["04_overview", "05_groups", "06_intersections"], known.tiny):
        assert at.get("plotly_chart")
        for chart in at.get("plotly_chart"):
            assert chart.proto.alt
            assert "colorway" not in chart.proto.spec
            assert len(chart.proto.spec) < 20_000


def test_a_changed_tolerance_changes_the_verdict_at_once(visit, known):
    copy = known.store.duplicate_audit(known.sample)
    at = visit("04_overview", copy)
    name = f"tolerance_{copy}_demographic_parity_difference"
    at.number_input(key=name).set_value(100.0).run()
    assert not at.exception
    assert known.store.get(copy).read_plan().tolerances["demographic_parity_difference"] == 1.0
    row = tasks.load_audit(known.store, copy).disparity("demographic_parity", "difference", ("race",))
    assert row.verdict == "within"
    kept = known.store.get(copy).verdicts["verdicts"]
    assert sum(kept.values()) == sum(known.store.get(known.sample).verdicts["verdicts"].values())
    at.multiselect(key=f"criteria_{copy}").unselect("demographic_parity_difference").run()
    assert not at.exception
    assert "demographic_parity_difference" not in known.store.get(copy).read_plan().tolerances
    assert sum(known.store.get(copy).verdicts["verdicts"].values()) < sum(kept.values())


def test_hostile_names_are_shown_literally(walk, known):
    shown = ""
    for _, at in walk(["02_data", "04_overview", "05_groups", "06_intersections"], known.hostile):
        raw = said(at)
        shown += literally(raw)
        # No name reaches Markdown unescaped, and none is shown longer than the limit.
        assert BOLD not in raw
        assert "<b>h</b>" not in raw
        assert "$y$" not in raw
        assert "L" * (text.LIMIT + 1) not in raw
    assert BOLD[:40] in shown


def test_hostile_groups_stay_apart_in_tables(visit, known):
    at = visit("02_data", known.hostile)
    at.selectbox(key="by").select_index(1).run()
    at.toggle(key="sizes_numbers").set_value(True).run()
    names = [literally(name) for name in at.table[0].value.iloc[:, 0]]
    assert CHINESE in names
    assert len([name for name in names if name.startswith("LLL")]) == 2
    assert all(len(name) <= text.LIMIT for name in names)


def test_what_cannot_be_estimated_is_said_with_its_reason(visit, known):
    at = visit("05_groups", known.tiny)
    at.selectbox(key="metric").select("true_positive_rate").run()
    at.toggle(key="forest_numbers").set_value(True).run()
    assert "not estimable: no positive labels" in literally(at.table[0].value.to_csv())


def test_roles_are_saved_and_old_results_go(visit, known):
    copy = known.store.duplicate_audit(known.sample)
    at = visit("02_data", copy)
    assert at.button(key="save_roles").disabled
    radio = at.radio[0]
    radio.set_value("negative").run()
    at.button(key="save_roles").click().run()
    assert not at.exception
    record = known.store.get(copy)
    assert record.read_plan().roles.favourable == "negative"
    assert not record.has_result
    at.button(key="undo").click().run()
    assert known.store.get(copy).read_plan().roles.favourable == "positive"


def test_roles_that_do_not_fit_are_refused_in_a_sentence(visit, known):
    copy = known.store.duplicate_audit(known.sample)
    at = visit("02_data", copy)
    label = next(box for box in at.selectbox if "label" in box.label)
    label.select("oral").run()
    at.button(key="save_roles").click().run()
    assert not at.exception
    # A label that is a number is audited as one, and then decisions are none of its predictions.
    said = [f"{literally(error.value)} {error.proto.title}" for error in at.error]
    assert any("score" in one for one in said), said
    assert known.store.get(copy).read_plan().roles.label == "passed"


def test_running_from_the_model_screen_shows_the_result(visit, known):
    copy = known.store.duplicate_audit(known.fresh)
    at = visit("03_model", copy)
    at.button(key="run").click().run()
    assert not at.exception
    assert known.store.get(copy).has_result
    assert at.title[0].value == "What did we find?"


def test_an_upload_becomes_an_audit_with_guessed_roles(visit, known):
    at = visit("01_start")
    lines = "\n".join(f"{'f' if i % 3 else 'm'},{i % 2},{(i // 2) % 2}" for i in range(60))
    at.file_uploader[0].upload("people.csv", f"sex,label,decision\n{lines}\n".encode()).run()
    assert not at.exception
    newest = known.store.list_audits(limit=1)[0]
    assert newest.data_name == "people.csv"
    assert at.title[0].value == QUESTION["02_data"]
    assert known.store.get(newest.id).read_plan().roles.label


def test_a_broken_upload_is_refused_and_nothing_is_lost(visit, known):
    before = len(known.store.list_audits())
    at = visit("01_start")
    at.file_uploader[0].upload("empty.csv", b"").run()
    assert not at.exception
    assert at.error
    assert len(known.store.list_audits()) == before


def test_deleting_asks_first(visit, known):
    copy = known.store.duplicate_audit(known.fresh)
    at = visit("01_start")
    at.button(key=f"delete_{copy}").click().run()
    assert at.button(key="really_delete").label == "Delete"
    assert known.store.get(copy)


def test_an_unknown_audit_is_a_message_not_a_crash(visit):
    at = visit("04_overview", "doesNotExist")
    assert not at.exception
    assert any("not in the store" in str(error.proto.title) for error in at.error)
    assert at.button(key="way_out").label == "Choose what to audit"


def test_the_way_out_of_a_dead_link_is_open(visit):
    at = visit("01_start", "doesNotExist")
    assert not at.exception
    assert not at.error
    assert at.file_uploader
    assert "audit" not in at.query_params


def test_what_nobody_chose_is_not_carried_to_another_screen(walk, known):
    # The data screen starts with the first grouping; the overview with the one its answer is about.
    audit = tasks.load_audit(known.store, known.tiny)
    row = overview.lead(audit)
    *_, (_, at) = walk(["02_data", "04_overview"], known.tiny)
    assert at.selectbox(key="by").value == str(audit.groupings.index(row.sensitive))


def test_roles_that_are_missing_are_named(visit, known):
    copy = known.store.duplicate_audit(known.fresh)
    at = visit("02_data", copy)
    next(box for box in at.multiselect if box.label == "Sensitive features").set_value([]).run()
    assert "Still needed: at least one sensitive feature" in literally(said(at))


def test_before_and_after_show_the_paired_change(visit, known):
    audit = tasks.load_audit(known.store, known.tried)
    at = visit("11_compare", known.tried)
    shown = literally(said(at))
    gap = next(
        row
        for row in audit.comparison
        if (row.metric, row.comparison, row.sensitive) == ("selection_rate", "difference", ("group",))
    )
    assert wording.change(gap, audit.plan.roles.favourable) in shown
    assert "Control: the model before" in shown


def test_a_trial_can_be_deleted(visit, known):
    copy = known.store.duplicate_audit(known.tried)
    at = visit("10_mitigate", copy)
    at.button(key="delete_trial_0").click().run()
    assert not at.exception
    assert known.store.trials(copy) == {}


def test_measures_that_are_no_shares_are_shown_in_their_own_unit(visit, known):
    audit = tasks.load_audit(known.store, known.sample)
    at = visit("05_groups", known.sample)
    labels = at.selectbox(key="metric").options
    assert labels[0] == "Selected (selection rate)"
    assert "Indices: Finding and being right (F1 score)" in labels
    assert not any(
        label.startswith("Scores") for label in labels
    )  # there are no scores in a column of decisions
    at.selectbox(key="metric").select("f1_score").run()
    assert not at.exception
    row = audit.disparity("f1_score", "difference", ("race",))
    shown = literally(said(at))
    assert wording.headline(row, audit.metric_rows("f1_score", ("race",)), audit.plan.roles) in shown
    assert "Each group against the reference group" not in shown
    at.toggle(key="forest_numbers").set_value(True).run()
    cells = literally(at.table[0].value.to_csv())
    for found in audit.metric_rows("f1_score", ("race",)):
        assert wording.amount("f1_score", found.value) in cells
    assert "%" not in cells.replace("95 % interval", "")


def test_an_index_without_any_value_is_a_state_and_no_error(visit, known):
    at = visit("05_groups", known.tiny)
    at.selectbox(key="metric").select("mean_log_deviation").run()
    assert not at.exception
    at.selectbox(key="metric").select("f1_score").run()
    assert not at.exception
    at.toggle(key="forest_numbers").set_value(True).run()
    assert "not estimable: no positive labels" in literally(at.table[0].value.to_csv())


def test_the_tables_hold_every_family(known):
    import csv
    import io
    import zipfile

    from ui import downloads

    audit = tasks.load_audit(known.store, known.sample)
    with zipfile.ZipFile(io.BytesIO(downloads.tables(audit))) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("metrics.csv").decode("utf-8-sig"))))
        gaps = list(csv.DictReader(io.StringIO(archive.read("disparities.csv").decode("utf-8-sig"))))
    assert {"selection_rate", "f1_score", "theil_index"} <= {row["metric"] for row in rows}
    assert {"average_odds", "f1_score"} <= {row["metric"] for row in gaps}
