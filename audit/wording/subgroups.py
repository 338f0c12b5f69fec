"""Subgroups in words: who they are, how far they are from everybody else, and what a search could have seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.wording.cleaning import escape_plain
from audit.wording.numbers import count, gap_interval, percent, points
from audit.wording.titles import metric_title, short_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.plan import Outcome, Roles
    from audit.rows.subgroups import SearchRow, SubgroupRow

_LIMIT: Final = 60

CONFIRMATIONS: Final = {
    "yes": "confirmed",
    "cannot_tell": "cannot tell",
    "no": "not confirmed",
}
"""What the confirmation half says of a subgroup, in a word or two."""


def subgroup_name(row: SubgroupRow) -> str:
    """Name a subgroup in a table or a picker.

    Parameters
    ----------
    row : SubgroupRow
        The subgroup.

    Returns
    -------
    str
        "sex: Female × age: 25 to under 37".
    """
    return " × ".join(f"{column}: {value}" for column, value in subgroup_parts(row))


def subgroup_parts(row: SubgroupRow) -> tuple[tuple[str, str], ...]:
    """Name what defines a subgroup, column by column.

    Parameters
    ----------
    row : SubgroupRow
        The subgroup.

    Returns
    -------
    tuple of (column, value)
        ("sex", "Female"), ("age", "not recorded"), ("job", "other values").
    """
    shown = []
    for column, value, missing, joined in zip(row.sensitive, row.group, row.missing, row.joined, strict=True):
        said = "not recorded" if missing else "other values" if joined else escape_plain(value, _LIMIT)
        shown.append((escape_plain(column, _LIMIT), said))
    return tuple(shown)


def subgroup_people(row: SubgroupRow) -> str:
    """Name a subgroup inside a sentence.

    Parameters
    ----------
    row : SubgroupRow
        The subgroup.

    Returns
    -------
    str
        "people with sex ‘Female’, age ‘25 to under 37’ and no degree recorded".
    """
    with_, without = [], []
    for column, value, missing, joined in zip(row.sensitive, row.group, row.missing, row.joined, strict=True):
        name = escape_plain(column, _LIMIT)
        if missing:
            without.append(f"no {name} recorded")
        elif joined:
            with_.append(f"a rarer {name}")
        else:
            with_.append(f"{name} ‘{escape_plain(value, _LIMIT)}’")
    return f"people with {_joined([*with_, *without])}"


def subgroup_sentence(row: SubgroupRow, roles: Roles, *, confidence: float = 0.95) -> str:
    """Say how a subgroup fares beside everybody else.

    Parameters
    ----------
    row : SubgroupRow
        The subgroup.
    roles : Roles
        For the names of the label and its positive value, and the favourable decision.
    confidence : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    str
        "Among people with sex ‘Female’ and age ‘25 to under 37’ (n = 412), 38.1 % of decisions are wrong, 12.3 points
        more than for everybody else (95 % interval 7.9 to 16.6 points)."
    """
    rate = _predicate(row.metric, percent(row.rate), roles)
    difference = row.value or 0.0
    size = points(abs(difference))
    side = "more" if difference > 0 else "less"
    compared = f"as for everybody else ({_interval(row, confidence)})"
    if size != "0.0 points":
        compared = f"{size} {side} than for everybody else ({_interval(row, confidence)})"
    return f"Among {subgroup_people(row)} (n = {count(row.n)}), {rate}, {compared}."


def subgroup_halves(row: SubgroupRow) -> str:
    """Say what either half of the people showed of a subgroup.

    Parameters
    ----------
    row : SubgroupRow
        A discovered subgroup; for another the text is empty.

    Returns
    -------
    str
        "The half in which it was found showed 14.9 points more; the other half confirms it."
    """
    if row.confirmed is None or row.seen is None:
        return ""
    more = "more" if row.seen > 0 else "less"
    ends = {
        "yes": "the other half, which these numbers are from, confirms it",
        "cannot_tell": "the other half, which these numbers are from, cannot tell",
        "no": "the other half, which these numbers are from, rules out even half of that",
    }
    return f"The half in which it was found showed {points(abs(row.seen))} {more}; {ends[row.confirmed]}."


def search_answer(row: SearchRow, favourable: Outcome = "positive") -> str:
    """Say what a search covered and what came of it.

    Parameters
    ----------
    row : SearchRow
        The search.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.

    Returns
    -------
    str
        Two or three sentences.
    """
    if not row.tested:
        return "No subgroup has enough people in both halves to be tested."
    start = (
        f"{metric_title(row.metric, favourable)}: {count(row.tested)} {_subgroups(row.tested)} by up to "
        f"{_number(row.depth)} of {count(len(row.sensitive))} "
        f"{'column' if len(row.sensitive) == 1 else 'columns'} {_were(row.tested)} tested."
    )
    if not row.discovered:
        return f"{start} None stands out from chance."
    found = f"{count(row.discovered)} {'differs' if row.discovered == 1 else 'differ'} from everybody else in one half"
    if row.listed < row.discovered:
        found += f", of which the {count(row.listed)} clearest are listed"
    other = (
        f"{count(row.confirmed)} of them {'is' if row.confirmed == 1 else 'are'} confirmed by the other half"
    )
    if not row.confirmed:
        return f"{start} {found}; the other half confirms none of them."
    if row.standing == row.confirmed:
        return f"{start} {found}; {other}."
    return (
        f"{start} {found}; {other}, and {count(row.standing)} of these "
        f"{'stands' if row.standing == 1 else 'stand'} by {'itself' if row.standing == 1 else 'themselves'}: the rest "
        f"overlap with {'it' if row.standing == 1 else 'them'} and say nothing more."
    )


def search_power(row: SearchRow) -> str:
    """Say how large a difference would have been found.

    Parameters
    ----------
    row : SearchRow
        The search.

    Returns
    -------
    str
        Two sentences; empty where nothing was tested.
    """
    if row.detectable is None or row.detectable_largest is None:
        return ""
    clusters = " Rows of one cluster were allowed for." if row.design > 1 else ""
    return (
        f"In 8 of 10 searches like this one, a difference of about {points(row.detectable)} would have been found in a "
        f"subgroup of middle size (n = {count(row.typical_n)}), and one of {points(row.detectable_largest)} in one of "
        f"n = {count(row.largest_n)}. Smaller ones can be there unseen.{clusters}"
    )


SEARCH_METHOD: Final = (
    "The people are dealt to two halves at random. The first half is searched, and the false discovery rate is held by "
    "Benjamini and Yekutieli over every subgroup tested. What it shows is tested again on the second half, by Holm, and "
    "the second half's numbers are shown, since the first half's are too large by selection. A subgroup is explained by "
    "another one where it is a part of it that does not differ from the rest of it, or where its difference shrinks and "
    "cannot be told from none once the people of the other are left aside."
)
"""How a search works, for a reader."""


def _predicate(metric: str, rate: str, roles: Roles) -> str:
    label, positive = escape_plain(roles.label, _LIMIT), escape_plain(roles.positive, _LIMIT)
    verb = "selected" if roles.favourable == "positive" else "flagged"
    said = {
        "error_rate": f"{rate} of decisions are wrong",
        "accuracy": f"{rate} of decisions are right",
        "selection_rate": f"{rate} are {verb}",
        "base_rate": f"{rate} have {label} {positive}",
        "true_positive_rate": f"{rate} of those whose {label} is {positive} are {verb}",
        "false_negative_rate": f"{rate} of those whose {label} is {positive} are not {verb}",
        "false_positive_rate": f"{rate} of those whose {label} is not {positive} are {verb}",
        "true_negative_rate": f"{rate} of those whose {label} is not {positive} are not {verb}",
        "precision": f"{rate} of those who are {verb} have {label} {positive}",
    }
    return said.get(metric, f"{short_title(metric, roles.favourable).lower()} is {rate}")


def _interval(row: SubgroupRow, confidence: float) -> str:
    return gap_interval(row.low, row.high, confidence=confidence) or "no interval"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _subgroups(n: int) -> str:
    return "subgroup" if n == 1 else "subgroups"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def _number(n: int) -> str:
    return {1: "one", 2: "two", 3: "three"}.get(n, str(n))
