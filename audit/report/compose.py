"""From an audit to the report: which sections there are, in which order, and what travels with them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from audit.disclosure.protect import protected
from audit.errors import PlanError, did_you_mean, listing, quote
from audit.report.document import Document
from audit.report.pdf import Attachment, preview, render
from audit.report.sections import (
    back,
    certainty,
    comparable,
    front,
    glossary,
    groups,
    people,
    scores,
    searched,
    subgroups,
    task,
    tried,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from audit.report.blocks import Block
    from audit.result import Audit

SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "findings": "What was found",
        "data": "Who is in the data",
        "groups": "Group by group",
        "intersections": "Where features meet",
        "subgroups": "Subgroups that stand out",
        "comparable": "Among comparable people",
        "scores": "Scores and thresholds",
        "worst_group": "The worst group",
        "certainty": "How firm this is",
        "mitigations": "What was tried",
        "limits": "What this does not tell",
        "methods": "How it was computed",
        "glossary": "The words",
        "record": "The record",
    }
)
"""The sections of the report after its first page, by id."""

_MADE: Final[Mapping[str, Callable[[Audit], list[Block]]]] = MappingProxyType(
    {
        "findings": front.findings,
        "data": people.people,
        "groups": lambda audit: [
            *(
                block
                for sensitive in audit.groupings
                if len(sensitive) == 1
                for block in groups.grouping(audit, sensitive)
            ),
            *task.task(audit),
        ],
        "intersections": groups.intersections,
        "subgroups": subgroups.subgroups,
        "comparable": comparable.comparable,
        "scores": scores.scores,
        "worst_group": groups.worst_groups,
        "certainty": certainty.certainty,
        "mitigations": lambda audit: [*tried.mitigations(audit), *searched.searched(audit)],
        "limits": back.limits,
        "methods": back.methods,
        "glossary": glossary.glossary,
        "record": back.record,
    }
)


def compose(audit: Audit, *, sections: Sequence[str] = ()) -> Document:
    """Write the report of an audit.

    Parameters
    ----------
    audit : Audit
        The audit.
    sections : sequence of str, default ()
        Ids of :data:`SECTIONS`; empty for those of the plan, or all.

    Returns
    -------
    Document
        First page, then the sections in the order of :data:`SECTIONS`.

    Raises
    ------
    PlanError
        Where there is no such section.
    """
    wanted = tuple(sections) or audit.plan.sections or tuple(SECTIONS)
    for name in wanted:
        if name not in SECTIONS:
            raise PlanError(
                f"There is no section {quote(name)} in the report.",
                why=f"Sections: {listing(SECTIONS)}.",
                fix=did_you_mean(name, SECTIONS) or "Choose one of them.",
                code="plan_unknown_section",
            )
    about = audit.plan.about
    title = front.title_of(audit)
    release = audit.versions.get("evenhand", "")
    document = Document(
        title=title,
        subtitle=", ".join(part for part in (about.system.strip(), about.organisation.strip()) if part),
        meta=(
            ("author", about.auditor),
            ("running", title),
            ("running_right", audit.plan.dated),
            ("footer", f"Evenhand {release}".strip() + f" · data {audit.data.fingerprint[:16]}"),
            ("keywords", "fairness audit"),
        ),
        blocks=(front.cover(audit),),
    )
    for name, made in _MADE.items():
        if name in wanted:
            document = document.extend(made(audit))
    return document


def to_pdf(audit: Audit, *, sections: Sequence[str] = ()) -> bytes:
    """Make the report of an audit as a PDF, with its results and its plan inside.

    Parameters
    ----------
    audit : Audit
        The audit; its plan has a date.
    sections : sequence of str, default ()
        Ids of :data:`SECTIONS`; empty for those of the plan, or all.

    Returns
    -------
    bytes
        The file; the same bytes for the same audit.

    Raises
    ------
    InputError
        Where the plan has no date.
    """
    audit = protected(audit)
    attachments = (
        Attachment(name="audit.json", text=audit.to_json(), description="All results in full precision"),
        Attachment(
            name="plan.json",
            text=audit.plan.to_json(),
            description="All settings; with the data they repeat the audit",
            relationship="source",
        ),
    )
    return render(compose(audit, sections=sections), attachments=attachments, dated=audit.plan.dated)


def to_pages(
    audit: Audit, *, sections: Sequence[str] = (), pixels_per_inch: float = 80.0
) -> tuple[bytes, ...]:
    """Show what the pages of a report look like.

    Parameters
    ----------
    audit : Audit
        The audit; its plan has a date.
    sections : sequence of str, default ()
        Ids of :data:`SECTIONS`; empty for those of the plan, or all.
    pixels_per_inch : float, default 80
        Resolution.

    Returns
    -------
    tuple of bytes
        One PNG for each page.

    Raises
    ------
    InputError
        Where the plan has no date.
    """
    document = compose(protected(audit), sections=sections)
    return preview(document, dated=audit.plan.dated, pixels_per_inch=pixels_per_inch)
