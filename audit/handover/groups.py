"""How the groups of a trial are found again from the raw columns, by a model that decides by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from audit.before import GROUP_BY
from audit.models.columns import as_numbers, column_kind
from audit.values import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.bench import Bench
    from audit.cells import Attribute
    from audit.mitigation.represent.change import Change
    from audit.mitigation.rule import GroupRule


def columns_of(bench: Bench, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the columns that make the groups of a mitigation.

    Parameters
    ----------
    bench : Bench
        The rows.
    params : mapping
        The settings of the mitigation, which say whose groups it works on.

    Returns
    -------
    tuple of str
        One or all of the sensitive columns.
    """
    by = str(params.get(GROUP_BY, "all"))
    return tuple(a.column for a in bench.attributes if by in {"all", a.column})


def with_thresholds(
    inner: Any,
    rule: GroupRule,
    bench: Bench,
    columns: tuple[str, ...],
    features: Sequence[str] = (),
    *,
    seed: int = 0,
) -> Any:
    """Put thresholds behind a scoring model: one for each group, or another one for everybody.

    Parameters
    ----------
    inner : scikit-learn classifier
        Fitted.
    rule : GroupRule
        The thresholds.
    bench : Bench
        The rows, which say how values make groups.
    columns : tuple of str
        The columns that make them.
    features : sequence of str
        What the classifier looks at, in order, where it does not name its columns.
    seed : int, default 0
        Where draws between two thresholds start.

    Returns
    -------
    audit.models.grouped.GroupThresholds
        It decides about raw rows as the rule does, and asks for nobody's group where the rule names none.
    """
    from audit.models.grouped import GroupThresholds

    named = hasattr(inner, "feature_names_in_")
    made = GroupThresholds(
        estimator=inner,
        **_places(rule.groups, bench, columns),
        thresholds=[[[float(step.threshold), float(step.share)] for step in steps] for steps in rule.steps],
        otherwise=float(rule.otherwise),
        seed=seed,
        features=[*map(str, inner.feature_names_in_ if named else features)],
        named=named,
    )
    return made.take(inner)


def with_draws(inner: Any, *, seed: int) -> Any:
    """Put a draw behind a model whose score is the chance of a positive decision.

    Parameters
    ----------
    inner : scikit-learn classifier
        Fitted.
    seed : int
        Where the draws start.

    Returns
    -------
    audit.models.grouped.Drawn
        It decides about raw rows.
    """
    from audit.models.grouped import Drawn

    return Drawn(inner, seed=seed).take(inner)


def with_change(inner: Any, change: Change, part: Any, bench: Bench, columns: tuple[str, ...]) -> Any:
    """Put a change of features before a scoring model.

    Parameters
    ----------
    inner : scikit-learn classifier
        Fitted on changed features.
    change : Change
        How they are changed.
    part : object
        The same as a part of a file.
    bench : Bench
        The rows, which say how values make groups.
    columns : tuple of str
        The columns that make them.

    Returns
    -------
    audit.models.changed.OnChanged
        It scores raw rows.
    """
    from audit.models.changed import OnChanged

    made = OnChanged(
        estimator=inner,
        change=part,
        **_places(change.groups, bench, columns),
        named=hasattr(inner, "feature_names_in_"),
    )
    return made.take(inner)


def _places(
    groups: tuple[tuple[str, ...], ...], bench: Bench, columns: tuple[str, ...]
) -> dict[str, list[Any]]:
    """Say how raw columns make these groups."""
    attributes = [a for a in bench.attributes if a.column in columns] if groups else []
    return {
        "columns": [_column(bench, attribute) for attribute in attributes],
        "groups": [
            [a.levels.index(level) for a, level in zip(attributes, group, strict=True)] for group in groups
        ],
    }


def _column(bench: Bench, attribute: Attribute) -> dict[str, Any]:
    """Say how one column makes groups, as its rows here do."""
    series = bench.frame[attribute.column]
    codes = bench.codes[:, [a.column for a in bench.attributes].index(attribute.column)]
    if attribute.cuts is not None:
        numbers = series.to_numpy(dtype=float, na_value=np.nan)
        known = ~np.isnan(numbers)
        bins = np.full(len(attribute.cuts) + 1, -1, dtype=np.int64)
        bins[np.searchsorted(np.asarray(attribute.cuts), numbers[known], side="right")] = codes[known]
        missing = codes[~known]
        return {
            "name": attribute.column,
            "cuts": [float(cut) for cut in attribute.cuts],
            "bins": bins.tolist(),
            "missing": int(missing[0]) if len(missing) else -1,
        }
    found, values = pd.factorize(series.astype(object), use_na_sentinel=True)
    # A date may be handed over as one, or as days since 1970.
    days = as_numbers(pd.Series(values)) if column_kind(series) == "date" else None
    places: dict[str, int] = {}
    missing_code = int(codes[found < 0][0]) if (found < 0).any() else -1
    first = pd.Series(codes).groupby(found).first()
    for at, value in enumerate(values):
        text = canonical(value)
        if text is None:
            missing_code = int(first[at])
        else:
            places[text] = int(first[at])
            if days is not None:
                places[str(canonical(days[at]))] = int(first[at])
            # Where truth values are handed over as numbers they are still the same values.
            if isinstance(value, bool | np.bool_):
                places["1" if value else "0"] = int(first[at])
    return {"name": attribute.column, "places": places, "missing": missing_code}
