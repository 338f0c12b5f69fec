"""The report says what the audit knows, in order, and carries it along."""

import io
from dataclasses import replace

import numpy as np
import page
import pandas as pd
import pypdf
import pypdfium2
import pytest

from audit.errors import PlanError
from audit.plan import About, Plan, Roles
from audit.report.blocks import Facts, Figure, Heading, Pair, Table
from audit.report.compose import SECTIONS, compose, to_pages, to_pdf
from audit.run import run

HOSTILE = "<b>汉</b> #eval(1) " + "A" * 300


def people(n=600, groups=3, seed=3):
    """Make people of whom the first group is selected more often."""
    draw = np.random.default_rng(seed)
    group = draw.integers(0, groups, n)
    label = draw.integers(0, 2, n)
    decision = (draw.random(n) < np.where(group == 0, 0.7, 0.3) + 0.2 * label).astype(int)
    other = np.where(draw.random(n) < 0.5, "old", "young")
    return pd.DataFrame({"group": [f"g{k}" for k in group], "age": other, "y": label, "d": decision})


@pytest.fixture(scope="module")
def audit():
    roles = Roles(label="y", positive="1", decision="d", sensitive=("group", "age"))
    return run(people(), Plan(roles=roles, about=About(system="Sorter"), replicates=200, dated="2026-11-21"))


def words(pdf):
    return "\n".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(pdf))


def flat(blocks):
    for block in blocks:
        if isinstance(block, Pair):
            yield from (block.left, block.right)
        yield block


def test_the_report_of_an_audit_is_valid_and_carries_its_results(audit):
    pdf = to_pdf(audit)
    for profile in (page.ValidationProfile.PDF_UA_1, page.ValidationProfile.PDF_A_3A):
        assert page.validate_pdf_bytes(pdf, profile=profile).is_compliant
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert reader.attachments["audit.json"] == [audit.to_json().encode()]
    assert reader.attachments["plan.json"] == [audit.plan.to_json().encode()]
    assert pdf == to_pdf(audit)


def test_the_first_page_stands_alone(audit):
    first = pypdfium2.PdfDocument(to_pdf(audit))[0].get_textpage().get_text_range()
    for part in (
        "Audit of Sorter",
        "Beyond tolerance",
        "What could not be known",
        "What is recommended",
        "Signature",
    ):
        assert part in first
    assert "Purpose" not in first


def test_every_value_of_the_criteria_is_in_the_report(audit):
    said = words(to_pdf(audit))
    for row in audit.disparities:
        if row.tolerance is not None and row.comparison == "difference":
            assert f"{100 * row.value:.1f}" in said
    assert audit.data.fingerprint in said.replace("\u200b", "").replace("\ufffe", "").replace("\r\n", "")
    assert "of 6" in said


def test_sections_can_be_chosen(audit):
    document = compose(audit, sections=["record", "data"])
    titles = [b.text for b in document.blocks if isinstance(b, Heading) and b.level == 1]
    assert titles == [SECTIONS["data"], SECTIONS["record"]]
    planned = audit.with_plan(replace(audit.plan, sections=("methods",)))
    assert next(b.text for b in compose(planned).blocks if isinstance(b, Heading)) == SECTIONS["methods"]
    with pytest.raises(PlanError, match="methods"):
        compose(audit, sections=["metods"])


def test_every_figure_has_words_for_those_who_cannot_see_it(audit):
    figures = [block for block in flat(compose(audit).blocks) if isinstance(block, Figure)]
    assert len(figures) >= 8
    assert all(figure.alt and figure.caption for figure in figures)


def test_nothing_tried_and_nothing_known_leave_no_trace(audit):
    document = compose(audit)
    assert SECTIONS["mitigations"] not in {b.text for b in document.blocks if isinstance(b, Heading)}
    assert "Cut points" not in words(to_pdf(audit, sections=["record"]))
    settings = [b for b in document.blocks if isinstance(b, Facts)]
    assert settings


def test_the_words_of_a_judgement_are_not_used(audit):
    said = words(to_pdf(audit)).lower()
    for word in ("unbiased", "compliant", " is fair", "discriminat"):
        assert word not in said


def test_a_hostile_audit_is_printed_literally():
    frame = people(200).rename(columns={"group": HOSTILE})
    frame[HOSTILE] = frame[HOSTILE].replace({"g0": "$x$ \u202e*y*", "g1": "=cmd()"})
    roles = Roles(label="y", positive="1", decision="d", sensitive=(HOSTILE,))
    made = run(
        frame,
        Plan(roles=roles, about=About(title=HOSTILE, notes=HOSTILE), replicates=200, dated="2026-11-21"),
    )
    pdf = to_pdf(made)
    assert page.validate_pdf_bytes(pdf, profile=page.ValidationProfile.PDF_UA_1).is_compliant
    assert "=cmd()" in words(pdf)
    assert "#eval(1)" in words(pdf)


def test_many_groups_stay_readable():
    frame = people(4000, groups=120)
    roles = Roles(label="y", positive="1", decision="d", sensitive=("group",))
    made = run(frame, Plan(roles=roles, replicates=200, dated="2026-11-21"))
    document = compose(made)
    assert max(len(block.rows) for block in document.blocks if isinstance(block, Table)) <= 30
    assert any(
        "of 120 groups are shown" in block.note for block in document.blocks if isinstance(block, Table)
    )
    assert len(pypdfium2.PdfDocument(to_pdf(made))) <= 16


def test_pages_can_be_looked_at(audit):
    assert len(to_pages(audit, sections=["data"], pixels_per_inch=30)) >= 2
