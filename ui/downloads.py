"""The files that can be handed over; each is made when it is asked for."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Any, Final

from audit import wording
from audit.disclosure.protect import protected
from audit.names import FAMILIES
from audit.plan import CRITERIA
from audit.rows import DisparityRow, MetricRow, plain
from ui import overview, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audit.result import Audit

_JOINT: Final = " × "
_FIGURE_RATES: Final = (
    "base_rate",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "error_rate",
)
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The only time in a ZIP file, so that the same audit gives the same bytes."""


def pdf(audit: Audit) -> bytes:
    """Make the report.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    bytes
        A PDF file.
    """
    from audit.report.compose import to_pdf

    return to_pdf(audit)


def tables(audit: Audit) -> bytes:
    """Write rates, disparities and comparisons as CSV files that a spreadsheet can open without harm.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    bytes
        A ZIP file of CSV files in UTF-8, full precision.
    """
    audit = protected(audit)
    return _zip(
        {
            "metrics.csv": _csv((*audit.metrics, *_further(audit, MetricRow))),
            "disparities.csv": _csv((*audit.disparities, *_further(audit, DisparityRow))),
            "comparison.csv": _csv(audit.comparison),
            "findings.csv": _csv(audit.findings),
        }
    )


def _further(audit: Audit, kind: type) -> list[Any]:
    """Rows of the measures that are no rates."""
    return [row for name in FAMILIES for row in audit.chapter(name) if isinstance(row, kind)]


def _csv(rows: Iterable[Any]) -> bytes:
    plain_rows = [plain(row) for row in rows]
    if not plain_rows:
        return b""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(plain_rows[0])
    for row in plain_rows:
        writer.writerow([_cell(value) for value in row.values()])
    # The mark tells spreadsheets that the file is UTF-8.
    return target.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, list):
        return wording.csv_safe(_JOINT.join(str(part) for part in value))
    return wording.csv_safe(value)


def figures(audit: Audit) -> bytes:
    """Write the pictures of an audit as SVG files.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    bytes
        A ZIP file of SVG files.
    """
    from audit.figures.forest import forest, forest_alt
    from audit.figures.strips import strips, strips_alt

    audit = protected(audit)
    favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
    files: dict[str, bytes] = {}
    for number, sensitive in enumerate(audit.groupings, start=1):
        rows = overview.criteria(audit, sensitive)
        title = wording.column_title(sensitive)
        figure = strips(rows, favourable=favourable, confidence=confidence)
        files[f"{number}-criteria.svg"] = show.svg(figure, title, strips_alt(rows, favourable=favourable))
        for metric in _FIGURE_RATES:
            rates, overall = audit.metric_rows(metric, sensitive), audit.metric(metric, sensitive)
            figure = forest(rates, overall=overall, favourable=favourable, confidence=confidence)
            alt = forest_alt(rates, overall=overall, favourable=favourable)
            files[f"{number}-{metric}.svg"] = show.svg(figure, title, alt)
    return _zip(files | _before_after(audit))


def _before_after(audit: Audit) -> dict[str, bytes]:
    from audit.figures.comparison import dumbbell, dumbbell_alt

    favourable, confidence = audit.plan.roles.favourable, audit.plan.confidence
    files: dict[str, bytes] = {}
    for name in dict.fromkeys(row.mitigation for row in audit.comparison):
        for number, sensitive in enumerate(audit.groupings, start=1):
            for metric in dict.fromkeys(
                rate for each in CRITERIA for rate in wording.criterion_rates(each, favourable)
            ):
                rows = [
                    row
                    for row in audit.comparison
                    if (row.mitigation, row.metric, row.sensitive, row.comparison)
                    == (name, metric, sensitive, None)
                ]
                figure = dumbbell(rows, favourable=favourable, confidence=confidence)
                alt = dumbbell_alt(rows, favourable=favourable)
                files[f"{name}-{number}-{metric}.svg"] = show.svg(
                    figure, wording.column_title(sensitive), alt
                )
    return files


def _zip(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if content:
                archive.writestr(zipfile.ZipInfo(name, date_time=_EPOCH), content)
    return target.getvalue()


def results(audit: Audit) -> bytes:
    """Write all results as JSON.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    bytes
        What :meth:`audit.result.Audit.to_json` gives.
    """
    return protected(audit).to_json().encode()


FILES: Final[tuple[tuple[str, str, str, str, Callable[[Audit], bytes]], ...]] = (
    ("pdf", "Report (PDF)", "report.pdf", "application/pdf", pdf),
    ("json", "Results (JSON)", "audit.json", "application/json", results),
    ("plan", "Plan (JSON)", "plan.json", "application/json", lambda audit: audit.plan.to_json().encode()),
    ("csv", "Tables (CSV)", "tables.zip", "application/zip", tables),
    ("svg", "Figures (SVG)", "figures.zip", "application/zip", figures),
)
"""Key, words, file name, type and maker of every download."""
