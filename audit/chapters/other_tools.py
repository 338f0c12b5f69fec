"""How other tools would report the same counts, with the reason for each difference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.chapters.case import Chapter
from audit.disparity.chance import CRITERION_RATES
from audit.disparity.compare import reference_group
from audit.metrics.rates import RATES
from audit.peers.catalogue import PEERS
from audit.peers.spec import counts_of
from audit.wording.peers import difference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.cells import Cells
    from audit.chapters.case import Case
    from audit.peers.spec import Peer, Said
    from audit.rows import DisparityRow, MetricRow

_SAME: Final = 1e-9
_MOST: Final = 25
"""Most groups of a feature: some tools print every pair."""

_UNDEFINED: Final = frozenset(rate.undefined for rate in RATES)
_ODDS: Final = ("true_positive_rate", "false_positive_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTool:
    """One number that another tool would print about the same people.

    Parameters
    ----------
    tool : str
        Name of the tool.
    version : str
        The release whose output this was checked against.
    measure : str
        The measure in the tool's own words.
    ours : str
        Id of the rate or disparity that it is held against.
    kind : str
        A "rate" of a group, a "gap" over all groups, or for a pair the "difference" or "ratio" of a rate, or "odds".
    sensitive : tuple of str
        The columns that make the groups.
    group : tuple of str or None
        The group; None for all groups together.
    reference : tuple of str or None
        The group that it is compared with, for a pair.
    value : float or None
        What the tool prints; None where it prints no number.
    here : float or None
        What this audit says; None where that is not estimable.
    reason : str
        Why it is not estimable here, as a code, or empty.
    same : bool
        Whether both say the same.
    why : str
        Why they differ, as a code, or empty.
    explanation : str
        The same as a sentence, or empty.
    """

    tool: str
    version: str
    measure: str
    ours: str
    kind: str
    sensitive: tuple[str, ...]
    group: tuple[str, ...] | None
    reference: tuple[str, ...] | None
    value: float | None
    here: float | None
    reason: str
    same: bool
    why: str
    explanation: str


def rows(case: Case) -> tuple[OtherTool, ...]:
    """Say what the other tools would print about each sensitive feature.

    Parameters
    ----------
    case : Case
        The audit.

    Returns
    -------
    tuple of OtherTool
        Grouping by grouping, tool by tool; nothing where a feature makes one group only, or very many.
    """
    if case.plan.roles.task != "binary":
        return ()
    found: list[OtherTool] = []
    for sensitive in case.groupings:
        if len(sensitive) > 1:
            continue
        cells = case.cells.marginal(sensitive)
        if not 2 <= len(cells.groups) <= _MOST:
            continue
        known = _Known(case, cells)
        found += [_row(known, peer, said) for peer in PEERS for said in _printed(known, peer)]
    return tuple(found)


class _Known:
    """What this audit says about one grouping, by what it is about."""

    def __init__(self, case: Case, cells: Cells) -> None:
        self.plan, self.cells = case.plan, cells
        here = cells.sensitive
        self.rates: dict[tuple[str, tuple[str, ...] | None], MetricRow] = {
            (row.metric, row.group): row for row in case.metrics if row.sensitive == here
        }
        self.gaps: dict[str, DisparityRow] = {
            row.id: row for row in case.disparities if row.sensitive == here and row.comparison != "to_reference"
        }  # fmt: skip
        unknown = dict(zip(cells.groups, cells.unknown, strict=True))
        self.left_out = {
            group for group in unknown if unknown[group] and not case.plan.grouping.include_unknown
        }

    def of(self, said: Said) -> tuple[float | None, str]:
        """Give our number for what a tool says, and the reason where there is none."""
        if said.kind == "gap":
            gap = self.gaps.get(said.ours)
            return (None, "") if gap is None else (gap.value, gap.reason)
        names = _ODDS if said.kind == "odds" else (said.ours,)
        own = [self.rates[name, said.group] for name in names]
        if said.kind == "rate":
            return own[0].value, own[0].reason
        base = [self.rates[name, said.reference] for name in names]
        for row in (*own, *base):
            if row.value is None:
                return None, row.reason
        pairs = [(row.value or 0.0, ref.value or 0.0) for row, ref in zip(own, base, strict=True)]
        if said.kind == "ratio":
            top, bottom = pairs[0]
            return (top / bottom, "") if bottom > 0 else (None, "zero_reference_rate")
        if said.kind == "odds":
            return max(abs(one - other) for one, other in pairs), ""
        return pairs[0][0] - pairs[0][1], ""

    def undefined(self, said: Said) -> set[str]:
        """Name the reasons for which rates of the groups behind a gap are not estimable."""
        criterion = said.ours.removesuffix("_difference").removesuffix("_ratio")
        names = CRITERION_RATES.get(criterion, (criterion,))
        return {
            row.reason for (name, group), row in self.rates.items()
            if name in names and group is not None and row.reason
        }  # fmt: skip


def telling(every: Iterable[OtherTool]) -> list[OtherTool]:
    """Pick what tells most: for each tool and reason one number that differs.

    Parameters
    ----------
    every : iterable of OtherTool
        Rows of the chapter.

    Returns
    -------
    list of OtherTool
        In the order of the tools; gaps over all groups before pairs and single groups, then the number that is furthest
        from ours.
    """
    found: dict[tuple[str, str], OtherTool] = {}
    for row in every:
        key = (row.tool, row.why)
        if not row.same and (key not in found or _weight(row) > _weight(found[key])):
            found[key] = row
    return list(found.values())


def _weight(row: OtherTool) -> tuple[bool, bool, float]:
    apart = 0.0 if row.value is None or row.here is None else abs(row.value - row.here)
    return row.kind == "gap" and row.ours.endswith("_difference"), row.kind != "rate", apart


def _printed(known: _Known, peer: Peer) -> list[Said]:
    counts = counts_of(known.cells, weighted=peer.weights)
    at = reference_group(known.cells, known.plan)
    return peer.says(counts, at, known.plan.roles.favourable)


def _row(known: _Known, peer: Peer, said: Said) -> OtherTool:
    here, reason = known.of(said)
    theirs = said.value if math.isfinite(said.value) else None
    same = (
        theirs is None and here is None and not math.isinf(said.value)
        if theirs is None or here is None
        else abs(theirs - here) <= _SAME
    )
    why = "" if same else _why(known, peer, said, reason)
    return OtherTool(
        tool=peer.title,
        version=peer.version,
        measure=said.measure,
        ours=said.ours,
        kind=said.kind,
        sensitive=known.cells.sensitive,
        group=said.group,
        reference=said.reference,
        value=theirs,
        here=here,
        reason=reason,
        same=same,
        why=why,
        explanation=difference(why),
    )


def _why(known: _Known, peer: Peer, said: Said, reason: str) -> str:
    """Find the convention behind a difference: what is undefined first, then the tool's own, then what it does not ask."""
    undefined = _of_undefined(known, said, reason)
    if undefined:
        return undefined
    if said.reason:
        return said.reason
    if said.kind == "gap" and known.plan.roles.favourable == "negative" and not peer.outcome:
        turned = said.ours.startswith(tuple(CRITERION_RATES))
        if turned:
            return "positive_outcome"
    if known.cells.weighted and not peer.weights:
        return "rows_not_weights"
    if said.kind == "gap" and known.left_out:
        return "unknown_as_group"
    return "other_convention"


def _of_undefined(known: _Known, said: Said, reason: str) -> str:
    if reason == "zero_reference_rate":
        return said.reason if said.reason == "filled_with_ten" else _of_zero(said)
    if reason == "below_minimum_size":
        return "minimum_size"
    if said.kind == "rate":
        return "undefined_as_zero" if reason in _UNDEFINED and said.value == 0 else ""
    if said.kind != "gap":
        return said.reason or "undefined_left_out" if reason else ""
    behind = known.undefined(said)
    if "below_minimum_size" in behind:
        return "minimum_size"
    if said.reason:
        return ""
    return "undefined_in_gap" if behind & _UNDEFINED else ""


def _of_zero(said: Said) -> str:
    """Explain a number where the reference rate is 0: a ratio of the tool's own making, or one of two rates."""
    if said.reason in {"ratio_set_to_zero", "share_of_selected", "favourable_outcome"}:
        return said.reason
    if said.ours.startswith("equalized_odds"):
        return "one_rate_alone"
    return "zero_reference"


CHAPTERS = (
    Chapter(id="other_tools", title="How other tools would report it", kinds=(OtherTool,), rows=rows),
)
