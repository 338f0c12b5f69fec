"""Lines of the tables about how firm the verdicts are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit import wording
from audit.inference.four_fifths import FOUR_FIFTHS
from audit.rows import group_name
from audit.wording.certainty import METHODS, change_of, many
from ui import text
from ui.tables import ends

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.chapters.four_fifths import FourFifthsRow
    from audit.chapters.guards import GapGuardRow, WorstGuardRow
    from audit.chapters.robustness import RobustnessRow
    from audit.chapters.tests import TestRow
    from audit.plan import Outcome, Roles
    from ui.tables import Lines


def robustness(rows: Iterable[RobustnessRow], roles: Roles) -> Lines:
    """Write what it would take to change each verdict.

    Parameters
    ----------
    rows : iterable of RobustnessRow
        Rows of one or more verdicts.
    roles : Roles
        For the names of the label and the favourable decision.

    Returns
    -------
    list of dict
        Heading to text, one for each verdict.
    """
    by: dict[tuple[str, ...], dict[str, RobustnessRow]] = {}
    for row in rows:
        by.setdefault((row.metric, row.comparison), {})[row.what] = row
    open_ = any("people" in kinds for kinds in by.values())
    return [_verdict(kinds, roles, needed=open_) for kinds in by.values()]


def _verdict(kinds: dict[str, RobustnessRow], roles: Roles, *, needed: bool) -> dict[str, str]:
    first = next(iter(kinds.values()))
    kind = "ratio" if first.comparison == "ratio" else "gap"
    people = kinds.get("people")
    return {
        "Criterion": f"{wording.short_title(first.metric, roles.favourable)}, {kind}",
        "Verdict": f"{wording.verdict_symbol(first.verdict)} {wording.verdict_word(first.verdict)}",
        "Decisions that would have to differ": _fewest(kinds.get("decisions"), roles),
        "Labels that would have to differ": _fewest(kinds.get("labels"), roles),
        **({"People that would decide it": "" if people is None else _enough(people)} if needed else {}),
    }


def _fewest(row: RobustnessRow | None, roles: Roles) -> str:
    if row is None:
        return ""
    if row.value is None:
        return wording.not_estimable(row.reason).removeprefix("not estimable: ")
    how = change_of(what=row.what, now=(row.label, row.decision), roles=roles)
    return f"{wording.count(row.value)} of {wording.count(row.n)} in {text.cut(group_name(row.group), 60)}: {how}"


def _enough(row: RobustnessRow) -> str:
    if row.value is None:
        return wording.not_estimable(row.reason).removeprefix("not estimable: ")
    then = wording.verdict_word(row.becomes).lower() if row.becomes else ""
    return f"{many(row.value)} ({then})"


def gap_guards(rows: Iterable[GapGuardRow], favourable: Outcome, *, confidence: float) -> Lines:
    """Write gaps beside chance.

    Parameters
    ----------
    rows : iterable of GapGuardRow
        The gaps.
    favourable : {"positive", "negative"}
        Which decision is good for the person.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each gap.
    """
    return [
        {
            "Gap": wording.metric_title(row.metric, favourable),
            "Observed": wording.points(row.value, reason=row.reason),
            f"{wording.level(confidence)} interval": ends(row.low, row.high, "gap"),
            "By chance": wording.points(row.expected),
            "Debiased": wording.points(row.debiased),
            "Groups": wording.count(row.groups),
            "n": wording.count(row.n),
        }
        for row in rows
    ]


def worst_guards(rows: Iterable[WorstGuardRow], favourable: Outcome) -> Lines:
    """Write worst groups beside what fresh data would show.

    Parameters
    ----------
    rows : iterable of WorstGuardRow
        The worst groups.
    favourable : {"positive", "negative"}
        Which decision is good for the person.

    Returns
    -------
    list of dict
        Heading to text, one for each rate.
    """
    return [
        {
            "Rate": wording.short_title(row.metric, favourable),
            "Worst group": group_name(row.group) if row.group else "",
            "n": wording.count(row.n),
            "Observed": wording.percent(row.value, reason=row.reason),
            "Shrunken": wording.percent(row.shrunken),
            "Found": wording.percent(row.split_found),
            "Fresh": wording.percent(row.split_fresh),
            "By chance": wording.percent(row.chance),
            "Everybody": wording.percent(row.overall),
        }
        for row in rows
    ]


def tests(rows: Iterable[TestRow], *, confidence: float) -> Lines:
    """Write each group's test against the reference group.

    Parameters
    ----------
    rows : iterable of TestRow
        The tests.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    return [
        {
            "Group": group_name(row.group),
            "Difference": wording.signed_points(row.value, reason=row.reason),
            f"{wording.level(confidence)} interval": ends(row.low, row.high, "gap"),
            "p": _bare(row.p),
            "p (Holm)": _bare(row.p_holm),
            "q": _bare(row.q),
            "Test": METHODS.get(row.method or "", ""),
        }
        for row in rows
    ]


def _bare(p: float | None) -> str:
    return "" if p is None else wording.pvalue(p).removeprefix("p = ").removeprefix("p ")


def four_fifths(rows: Iterable[FourFifthsRow], *, confidence: float) -> Lines:
    """Write each group's selections against those of the most selected group.

    Parameters
    ----------
    rows : iterable of FourFifthsRow
        The groups.
    confidence : float
        Confidence level of the intervals.

    Returns
    -------
    list of dict
        Heading to text, one for each group.
    """
    rows = list(rows)
    turning = any(_turns(row) for row in rows)
    return [
        {
            "Group": group_name(row.group),
            "Selected" if row.decision == "positive" else "Not flagged": (
                f"{wording.count(row.selected)} of {wording.count(row.n)}"
            ),
            "Rate": wording.percent(row.rate, reason=row.reason),
            "Share of people": wording.percent(row.share),
            f"Impact ratio ({wording.level(confidence)} interval)": _ratio(row),
            "Below 0.80": "" if row.below is None else "yes" if row.below else "no",
            "p": _bare(row.p),
            "More people for 0.80": _more(row.to_four_fifths),
            "More for the same rate": _more(row.to_equal),
            **({"One person turns": _turns(row)} if turning else {}),
        }
        for row in rows
    ]


def _ratio(row: FourFifthsRow) -> str:
    if row.value is None:
        return wording.not_estimable(row.reason).removeprefix("not estimable: ")
    if row.group == row.reference:
        return "highest"
    # Just below four fifths is not written as four fifths.
    said = (
        f"{row.value:.4f}" if row.below and round(row.value, 2) >= FOUR_FIFTHS else wording.ratio(row.value)
    )
    interval = ends(row.low, row.high, "ratio")
    return f"{said} ({interval})" if interval else said


def _more(people: int | None) -> str:
    return "" if people is None else wording.count(people)


def _turns(row: FourFifthsRow) -> str:
    parts = [word for word, on in (("the order", row.turns_order), ("the finding", row.turns_finding)) if on]
    return " and ".join(parts)
