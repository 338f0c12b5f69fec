"""When and with what an audit was computed."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from audit.errors import PlanError, quote
from audit.release import VERSION
from audit.rows import DataRecord, ModelRecord
from audit.sampling import outside, sample_notes
from audit.wording.places import in_place

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.plan import Plan

PACKAGES: Final = (
    "fairlearn",
    "pandas",
    "numpy",
    "scipy",
    "scikit-learn",
    "duckdb",
    "pyspark",
    "dask",
    "pyarrow",
    "torch",
    "plotly",
    "typst",
)
"""Packages whose releases are written into every audit."""


def versions() -> dict[str, str]:
    """Give the releases of everything that computes an audit.

    Returns
    -------
    dict of str to str
        Package name to release.
    """
    found = {"evenhand": VERSION, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # pragma: no cover - all are in requirements.txt
            continue
    return dict(sorted(found.items()))


def today() -> str:
    """Give today's date, or that of SOURCE_DATE_EPOCH.

    Returns
    -------
    str
        An ISO date in UTC.

    Raises
    ------
    PlanError
        Where SOURCE_DATE_EPOCH is set to something else than a number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    try:
        moment = datetime.fromtimestamp(int(epoch), tz=UTC) if epoch else datetime.now(tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise PlanError(
            "The environment variable SOURCE_DATE_EPOCH is not a time.",
            why="It is the date of a plan that has none.",
            fix="Set it to whole seconds since 1970, such as 1700000000, or unset it.",
            code="source_date_epoch",
        ) from error
    return moment.date().isoformat()


def data_record(
    dataset: Dataset, plan: Plan, *, joined: tuple[str, ...] = (), held: Dataset | None = None, **flow: Any
) -> DataRecord:
    """Write down what is remembered of the data.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Names the columns that play a part, whose missing values are listed.
    joined : tuple of str, default ()
        Which small groups were joined, as sentences.
    held : Dataset or None, default None
        The rows in memory, where some were needed; rows outside a sample are a part of the row flow.
    **flow
        ``read``, ``audited``, ``dropped`` and ``split`` as in :class:`audit.rows.DataRecord`.

    Returns
    -------
    DataRecord
        The record.
    """
    missing = [(name, dataset.column(name).n_missing) for name in plan.roles.taken()]
    place = dataset.place
    notes = dataset.notes
    if place is not None:
        notes = (*notes, in_place(place.engine, place.fingerprint_kind), *sample_notes(dataset, held))
        flow |= {"fingerprint_kind": place.fingerprint_kind, "engine": place.engine}
    if held is not None and held.n_rows < dataset.n_rows:
        flow["sample"] = held.n_rows
        if flow["read"] == held.n_rows:
            flow |= {"read": dataset.n_rows, "dropped": (*outside(dataset, held), *flow["dropped"])}
    return DataRecord(
        name=dataset.name,
        fingerprint=dataset.fingerprint,
        notes=(*notes, *joined),
        missing=tuple(sorted(((name, n) for name, n in missing if n), key=lambda item: -item[1])),
        **flow,
    )


def column_record(plan: Plan) -> ModelRecord:
    """Write down what is remembered of decisions that are a column of the data.

    Parameters
    ----------
    plan : Plan
        Names the column.

    Returns
    -------
    ModelRecord
        The record.
    """
    roles = plan.roles
    if roles.decision:
        title = f"Decisions from column {quote(roles.decision)}"
        return ModelRecord(title=title, kind="column", has_scores=roles.score is not None)
    if roles.task == "regression":
        title = f"Predictions from column {quote(roles.score or '')}, high above their median, {roles.threshold:,.6g}"
        return ModelRecord(title=title, kind="column", has_scores=True, threshold=roles.threshold)
    title = f"Scores from column {quote(roles.score or '')}, positive from {roles.threshold:g}"
    return ModelRecord(title=title, kind="column", has_scores=True, threshold=roles.threshold)
