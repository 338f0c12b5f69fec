"""Counts subgroups in two halves of the people: one to discover in, one to confirm with."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.disparity.subgroups import discovery_p
from audit.errors import RoleError, quote
from audit.gather.cube import Finest, capped, finest
from audit.gather.halves import MOST_CELLS, halved, marginals, nested
from audit.grouping import MOST_GROUPS, is_number, rule_of
from audit.metrics.rates import RATE
from audit.tables.searched import Searched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audit.cells import Attribute
    from audit.data.dataset import Dataset
    from audit.gather.audited import Audited
    from audit.grouping import Rule
    from audit.metrics.rates import Rate
    from audit.plan import Roles

    Array = NDArray[np.float64]
    Groupings = dict[tuple[int, ...], Array]

MOST_LEVELS: Final = 12
"""Most levels of a searched column; rarer values are joined to one."""

MOST_COLUMNS: Final = 12
"""Most columns of a search."""

MOST_KEPT: Final = 4_000
"""Most subgroups that are kept with their counts."""

STREAM: Final = "subgroup search"
"""Name of the stream of random numbers that deals the halves."""


def gather(audited: Audited) -> Searched | None:
    """Count the subgroups that the plan's search asks for.

    Parameters
    ----------
    audited : Audited
        The rows.

    Returns
    -------
    Searched or None
        None where nothing is searched.

    Raises
    ------
    RoleError
        Where a column cannot be searched.

    Notes
    -----
    Columns are counted in the order of their names, so that neither the order of the rows nor that of the columns
    changes a number. A subgroup is tested where it and everybody else have enough people in the rate's denominator in
    both halves, and where it is not the same people as one with fewer columns.
    """
    search = audited.plan.search
    if not search.columns:
        return None
    _check(audited)
    columns = sorted(search.columns)
    rules = [rule_of(audited.dataset, c, audited.plan, audited.engine, role="search column") for c in columns]
    attributes, joined, groupings, design = _counted(audited, rules)
    small = audited.plan.grouping.small_size if audited.plan.grouping.small == "suppress" else 1
    codes, values = _eligible(groupings, len(columns), max(search.min_size, small), apart=small)
    one = groupings[(0,)].sum(axis=0)
    weighted = len(one) == 8
    first, second, total = _half(values, 0), _half(values, 1), np.stack([_half(one, 0), _half(one, 1)])
    order, rank = _ranked(discovery_p(first, total[0], design))
    keep = _kept(codes, order)
    back = [columns.index(name) for name in search.columns]
    depths = (codes >= 0).sum(axis=1)
    return Searched(
        attributes=tuple(attributes[i] for i in back),
        joined=tuple(joined[i] for i in back),
        metric=search.metric,
        tested=tuple(int((depths == d).sum()) for d in range(1, min(search.depth, len(columns)) + 1)),
        sizes=_sizes(np.minimum(first[:, 0], total[0, 0] - first[:, 0])),
        weighted=weighted,
        design=design,
        codes=codes[keep][:, back],
        rank=rank[keep],
        first=first[keep],
        second=second[keep],
        total=total,
    )


def searchable(dataset: Dataset, roles: Roles) -> tuple[str, ...]:
    """List the columns that can be searched.

    Parameters
    ----------
    dataset : Dataset
        The data.
    roles : Roles
        Which column plays which part.

    Returns
    -------
    tuple of str
        Sensitive columns first; columns of outcomes, and those with too many values to be groups, are left out.
    """
    outcomes = outcome_columns(roles)
    fit = [
        profile.name
        for profile in dataset.columns
        if profile.name not in outcomes and profile.n_distinct > 1 and _few(dataset, profile.name)
    ]
    return tuple(sorted(fit, key=lambda name: name not in roles.sensitive))


def suggested(dataset: Dataset, roles: Roles, most: int = 5) -> tuple[str, ...]:
    """Choose columns that a search may start from.

    Parameters
    ----------
    dataset : Dataset
        The data.
    roles : Roles
        Which column plays which part.
    most : int, default 5
        Most columns besides the sensitive ones.

    Returns
    -------
    tuple of str
        The sensitive columns, then the first features with a handful of values.
    """
    fit = searchable(dataset, roles)
    more = [
        name
        for name in fit
        if name not in roles.sensitive
        and dataset.column(name).kind in {"binary", "categorical"}
        and dataset.column(name).n_distinct <= MOST_LEVELS
        and (roles.features is None or name in roles.features)
    ]
    return (*(name for name in fit if name in roles.sensitive), *more[:most])[:MOST_COLUMNS]


def outcome_columns(roles: Roles) -> set[str]:
    """List the columns that make no subgroups: outcomes, weights and parts of the set-up.

    Parameters
    ----------
    roles : Roles
        Which column plays which part.

    Returns
    -------
    set of str
        Their names.
    """
    parts = (roles.label, roles.decision, roles.score, roles.weight, roles.split, roles.cluster)
    return {part for part in (*parts, *roles.probabilities) if part}


def _few(dataset: Dataset, name: str) -> bool:
    profile = dataset.column(name)
    return profile.n_distinct <= MOST_GROUPS or (profile.kind == "numeric" and is_number(profile))


def _check(audited: Audited) -> None:
    columns, roles = audited.plan.search.columns, audited.plan.roles
    if len(columns) > MOST_COLUMNS:
        raise RoleError(
            f"The search has {len(columns)} columns; at most {MOST_COLUMNS} are searched.",
            why="The more subgroups are tested, the larger a difference has to be to be told from chance.",
            fix="Name the columns that matter most.",
            code="too_many_search_columns",
        )
    for column in columns:
        profile = audited.dataset.column(column, role="search column")
        if column in outcome_columns(roles):
            raise RoleError(
                f"Column {quote(column)} cannot be searched.",
                why="It holds an outcome, a weight or a part of the set-up; subgroups are made of what people are.",
                fix="Take it out of the search.",
                code="search_outcome",
            )
        if not _few(audited.dataset, column) and not audited.plan.grouping.bins.get(column):
            raise RoleError(
                f"Column {quote(column)} has {profile.n_distinct:,} values; a search takes at most {MOST_GROUPS}.",
                why="With so many values almost no subgroup has enough people.",
                fix="Take it out of the search, or bring a column with fewer categories.",
                code="search_too_many_values",
            )


def _counted(audited: Audited, rules: Sequence[Rule]) -> tuple[list[Attribute], list[str], Groupings, float]:
    """Count every grouping in both halves; from one finest table, or from one for every few columns."""
    plan = audited.plan
    rate, depth = RATE[plan.search.metric], min(plan.search.depth, len(rules))
    together = 4.0
    for rule in rules:
        together *= (
            audited.dataset.column(rule.column).n_distinct if rule.cuts is None else len(rule.cuts) + 1
        ) + 1
    if min(together, audited.dataset.n_rows) <= MOST_CELLS:
        cells = finest(audited, rules, cluster=plan.roles.cluster)
        attributes, joined, cells = _short(cells)
        sizes = [len(each.levels) for each in attributes]
        halves = halved(cells, sizes, rate, seed=plan.seed, stream=STREAM, weighted=bool(audited.weight))
        return attributes, joined, marginals(halves, sizes, depth), _design(cells, rate)
    # Too many combinations: every few columns are counted, and dealt to halves, by themselves.
    named: dict[int, tuple[Attribute, str]] = {}
    groupings: Groupings = {}
    design = 1.0
    for axes in combinations(range(len(rules)), depth):
        few = finest(audited, [rules[axis] for axis in axes], cluster=plan.roles.cluster)
        attributes, joined, few = _short(few)
        named |= {axis: pair for axis, *pair in zip(axes, attributes, joined, strict=True)}  # type: ignore[misc]
        sizes = [len(each.levels) for each in attributes]
        stream = f"{STREAM} {axes}"
        halves = halved(few, sizes, rate, seed=plan.seed, stream=stream, weighted=bool(audited.weight))
        groupings |= nested(axes, marginals(halves, sizes, depth)[tuple(range(depth))], groupings)
        design = _design(few, rate)
    return (
        [named[axis][0] for axis in range(len(rules))],
        [named[axis][1] for axis in range(len(rules))],
        groupings,
        design,
    )


def _short(cells: Finest) -> tuple[list[Attribute], list[str], Finest]:
    """Join the rarer levels of every column."""
    attributes, joined, codes = [], [], cells.codes.copy()
    for j, each in enumerate(cells.attributes):
        counts = np.bincount(codes[:, j], weights=cells.n, minlength=len(each.levels))
        short, positions, name = capped(each, np.asarray(counts, dtype=float), MOST_LEVELS)
        attributes.append(short)
        joined.append(name)
        codes[:, j] = positions[codes[:, j]]
    fields = {name: getattr(cells, name) for name in ("label", "decision", "n", "w", "w2", "cluster")}
    return attributes, joined, Finest(attributes=tuple(attributes), codes=codes, **fields)


def _design(cells: Finest, rate: Rate) -> float:
    """Estimate how many times larger the rate's variance is than with independent rows, 1 at least."""
    if cells.cluster is None:
        return 1.0
    outcome = cells.label * 2 + cells.decision
    below = np.isin(outcome, [2 * y + d for y, d in rate.denominator])
    above = np.isin(outcome, [2 * y + d for y, d in rate.numerator]).astype(float)
    w, w2 = cells.w[below], cells.w2[below]
    if not w.sum() > 0:
        return 1.0
    off = above[below] - float((w * above[below]).sum() / w.sum())
    own, cluster = w2 * off * off, cells.cluster[below]
    alone = cluster < 0
    together = np.bincount(cluster[~alone], weights=(w * off)[~alone]) if (~alone).any() else np.zeros(1)
    if not own.sum() > 0:
        return 1.0
    return float(max(1.0, ((together**2).sum() + own[alone].sum()) / own.sum()))


def _half(values: Array, which: int) -> Array:
    """Give rows, weight, weight in the numerator and squared weights of one half."""
    if values.shape[-1] == 8:
        return np.ascontiguousarray(values[..., 4 * which : 4 * which + 4])
    n, hit = values[..., 2 * which], values[..., 2 * which + 1]
    return np.stack([n, n, hit, n], axis=-1)


def _eligible(groupings: Groupings, width: int, least: int, *, apart: int) -> tuple[NDArray[np.int64], Array]:
    """Find the subgroups that are tested; nothing about the numerator has a say in it."""
    all_codes, all_values = [], []
    for axes, values in sorted(groupings.items(), key=lambda item: (len(item[0]), item[0])):
        total = values.reshape(-1, values.shape[-1]).sum(axis=0)
        half = values.shape[-1] // 2
        n = values[..., [0, half]]
        # The second column of each half is the weight, or, without weights, told by the first.
        w = values[..., [1, half + 1]] if half == 4 else n
        whole, weight = total[[0, half]], total[[1, half + 1]] if half == 4 else total[[0, half]]
        ok = ((n >= least) & (whole - n >= least) & (w > 0) & (weight - w > 0)).all(axis=-1)
        if len(axes) > 1:
            for axis in range(len(axes)):
                # The same people as with a column fewer are no new subgroup, nor are all of them but a few.
                others = n.sum(axis=axis, keepdims=True) - n
                ok &= (others > 0).any(axis=-1)
                if apart > 1:
                    ok &= (others >= apart).all(axis=-1)
        where = np.argwhere(ok)
        codes = np.full((len(where), width), -1, dtype=np.int64)
        codes[:, list(axes)] = where
        all_codes.append(codes)
        all_values.append(values[ok])
    return np.concatenate(all_codes), np.concatenate(all_values)


def _ranked(p: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(p, kind="stable")
    rank = np.empty(len(p), dtype=np.int64)
    rank[order] = np.arange(1, len(p) + 1)
    return order, rank


def _kept(codes: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose the subgroups with the smallest p-values, with every subgroup that they are parts of, by rank."""
    if len(codes) <= MOST_KEPT:
        return order
    names = (codes + 1) @ (MOST_LEVELS + 2) ** np.arange(codes.shape[1], dtype=np.int64)
    by_name = np.argsort(names)
    enters = np.empty(len(codes), dtype=np.int64)
    enters[order] = np.arange(len(codes))
    at = enters.copy()
    depth = (codes >= 0).sum(axis=1)
    for d in range(2, int(depth.max()) + 1):
        rows = np.flatnonzero(depth == d)
        axes = np.nonzero(codes[rows] >= 0)[1].reshape(-1, d)
        for part in (part for width in range(1, d) for part in combinations(range(d), width)):
            coarse = np.zeros((len(rows), codes.shape[1]), dtype=np.int64)
            kept = axes[:, list(part)]
            np.put_along_axis(coarse, kept, np.take_along_axis(codes[rows], kept, axis=1) + 1, axis=1)
            wanted = coarse @ (MOST_LEVELS + 2) ** np.arange(codes.shape[1], dtype=np.int64)
            found = by_name[np.minimum(np.searchsorted(names[by_name], wanted), len(names) - 1)]
            there = names[found] == wanted
            np.minimum.at(enters, found[there], at[rows[there]])
    keep = enters < np.sort(enters)[MOST_KEPT]
    return np.asarray(order[keep[order]])


def _sizes(n: Array) -> tuple[int, ...]:
    if not len(n):
        return (0, 0, 0)
    return tuple(int(value) for value in (n.min(), np.median(n), n.max()))
