"""The first page, for a reader with one minute, and the findings behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.disparity.verdict import leading, leading_gap
from audit.report.blocks import Callout, Chip, Contents, Cover, Heading, Item, Pair, Paragraph, Run
from audit.report.sections.words import VERDICT_ORDER, criterion_name, joined, judged, size_of, span_of
from audit.result import LARGER_GROUPS
from audit.rows import group_name
from audit.wording import column_title, count, headline, overview, verdict_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.report.blocks import Block, Figure, Tone
    from audit.result import Audit
    from audit.rows import DisparityRow, Finding

_ON_COVER: Final = 6
_IN_FULL: Final = 7
_BRIEF: Final = 7
_LISTED: Final = 3
_MISSING_CODES: Final = "FA3"
_SEVERITIES: Final[dict[str, tuple[Tone, str]]] = {
    "high": ("beyond", "High"),
    "medium": ("note", "Medium"),
    "low": ("cannot_tell", "Low"),
    "info": ("cannot_tell", "For information"),
}
SIGNATURE: Final = ("Name and role", "Place and date", "Signature")


def title_of(audit: Audit) -> str:
    """Name the report.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    str
        The title the analyst gave, or one made from the system or the data.
    """
    about = audit.plan.about
    return about.title.strip() or f"Audit of {about.system.strip() or audit.data.name}"


def cover(audit: Audit) -> Cover:
    """Make the first page.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    Cover
        What was audited, what was found, what could not be known, what is recommended, who signs.
    """
    return Cover(
        kicker="Fairness audit",
        headline=_lead(audit),
        facts=_facts(audit),
        verdicts=_verdicts(audit),
        asides=(
            ("What could not be known", tuple(_unknown(audit))[:_LISTED]),
            ("What is recommended", tuple(_advice(audit))[:_LISTED]),
        ),
        signature=SIGNATURE,
    )


def findings(audit: Audit) -> list[Block]:
    """Say what was found, the weightiest first.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section.
    """
    found: list[Block] = [
        Contents(),
        Heading("What was found"),
        Paragraph((Run(overview(audit.data, audit.model, audit.disparities, audit.plan.roles)),), lead=True),
    ]
    weighty = [finding for finding in audit.findings if finding.severity in {"high", "medium"}]
    full = (weighty or list(audit.findings))[:_IN_FULL]
    rest = [finding for finding in audit.findings if finding not in full]
    found += [_finding(finding) for finding in full]
    if rest:
        found.append(Heading("Also noted", 2))
        found += [_brief(finding) for finding in rest[:_BRIEF]]
        left = len(rest) - _BRIEF
        if left > 0:
            found.append(Paragraph((Run(f"{count(left)} further findings are in the attached audit.json."),)))
    return found


def _finding(finding: Finding) -> Block:
    tone, word = _SEVERITIES[finding.severity]
    return Item(Chip(tone, word), finding.title, finding.evidence, finding.advice)


def _brief(finding: Finding) -> Block:
    return Paragraph((Run(f"{finding.title}. ", "strong"), Run(finding.evidence)))


def _lead(audit: Audit) -> str:
    """Say the one sentence to remember."""
    row = leading(audit.disparities, audit.larger)
    if row is None:
        return overview(audit.data, audit.model, audit.disparities, audit.plan.roles)
    return headline(row, audit.metrics, audit.plan.roles, confidence=audit.plan.confidence)


def _facts(audit: Audit) -> tuple[tuple[str, str], ...]:
    about, roles = audit.plan.about, audit.plan.roles
    good = "positive" if roles.favourable == "positive" else "negative"
    split = "" if audit.data.split == "all rows" else f" ({audit.data.split})"
    return (
        ("System", about.system),
        ("Organisation", about.organisation),
        ("Purpose", about.purpose),
        ("Auditor", about.auditor),
        ("Data", f"{audit.data.name}, {count(audit.data.audited)} rows{split}"),
        ("Source", audit.model.title),
        ("Outcome", f"{roles.label} = {roles.positive}; the {good} decision is the good one"),
        ("Groups by", joined([column_title((name,)) for name in roles.sensitive])),
        ("Dated", audit.plan.dated),
    )


def _verdicts(audit: Audit) -> tuple[tuple[Chip, str], ...]:
    """Give one line for each grouping, with its weightiest verdict."""
    lines = []
    for sensitive in audit.groupings[:_ON_COVER]:
        rows = judged(audit, sensitive)
        if rows:
            verdict = next(v for v in VERDICT_ORDER if any(row.verdict == v for row in rows))
            lines.append((Chip(verdict, verdict_word(verdict)), _line(audit, sensitive, rows, verdict)))
    if not lines:
        return ((Chip("note", "No tolerance set"), "Gaps are described below and not judged."),)
    return tuple(lines)


def _line(audit: Audit, sensitive: tuple[str, ...], rows: tuple[DisparityRow, ...], verdict: str) -> str:
    same = [row for row in rows if row.verdict == verdict]
    words = {"beyond": "beyond tolerance", "within": "within tolerance", "cannot_tell": "not to be told"}
    verb = "is" if len(same) == 1 else "are"
    said = f"By {column_title(sensitive)}: {len(same)} of {len(rows)} criteria {verb} {words[verdict]}."
    gaps = [row for row in same if row.comparison == "difference" and row.value is not None]
    if not gaps:
        return said
    sure = verdict == "beyond"
    widest = leading_gap(gaps, audit.larger) or gaps[0]
    interval = f" ({span_of(widest)})" if span_of(widest) else ""
    between = ""
    if widest.group and widest.reference and len(sensitive) == 1:
        between = f", between {group_name(widest.group)} and {group_name(widest.reference)}"
    name = criterion_name(widest, audit.plan).removesuffix(", gap").lower()
    which = "Clearest" if sure else "Widest"
    larger = audit.over_larger_groups(widest)
    firm = ""
    if larger is not None and larger.value is not None:
        firm = f"; over groups of at least {LARGER_GROUPS} people, {size_of(larger, larger.value)}"
    return f"{said} {which} gap: {size_of(widest, widest.value)}{interval} in {name}{between}{firm}."


def _unknown(audit: Audit) -> list[str]:
    said = withheld(audit)
    open_rows = [row for row in audit.verdicts if row.verdict == "cannot_tell"]
    if open_rows:
        verb = "criterion" if len(open_rows) == 1 else "criteria"
        said.append(
            f"{count(len(open_rows))} {verb} could not be decided: the data are too thin or a rate is missing."
        )
    said += [
        f"{f.title.rstrip('.')}."
        for f in audit.findings
        if f.code.startswith(_MISSING_CODES) and "Base" not in f.title
    ]
    if not audit.model.has_scores:
        said.append("Scores were not given: nothing is said about calibration or other thresholds.")
    said.append("Whether the label itself was recorded equally for all groups.")
    return said


def withheld(audit: Audit) -> list[str]:
    """Say that small counts were withheld, and how many.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of str
        One sentence; nothing where the audit is not protected.
    """
    told = audit.protection
    if told is None:
        return []
    return [
        (
            f"Small counts (1 to {told.small_size - 1} people) were withheld to protect people: {count(told.withheld)} of "
            f"{count(told.groups)} groups are not shown in full."
        )
    ]


def _advice(audit: Audit) -> list[str]:
    advice = [f.advice for f in audit.findings if f.severity in {"high", "medium"}] or [
        f.advice for f in audit.findings
    ]
    found = [one for one in dict.fromkeys(advice) if one]
    return found or ["Repeat the audit when the data or the system change."]


def remark(title: str, text: str, *, caution: bool = False) -> Callout:
    """Make a remark that must not be overlooked.

    Parameters
    ----------
    title, text : str
        Its first words, and the rest.
    caution : bool, default False
        Whether it warns.

    Returns
    -------
    Callout
        The remark.
    """
    return Callout(title, (Run(text),), "caution" if caution else "info")


def paired(pictures: Sequence[Figure]) -> list[Block]:
    """Put pictures side by side, two in a row.

    Parameters
    ----------
    pictures : sequence of Figure
        The pictures.

    Returns
    -------
    list of blocks
        Pairs, and the last picture by itself where their number is odd.
    """
    pairs: list[Block] = [
        Pair(left, right) for left, right in zip(pictures[::2], pictures[1::2], strict=False)
    ]
    return [*pairs, pictures[-1]] if len(pictures) % 2 else pairs
