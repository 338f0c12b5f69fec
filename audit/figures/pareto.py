"""What a search over repairs found: every try by its use and its gap, and how the picked ones stand on the test rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from audit.figures.axes import nice_ticks, percent_texts, point_texts, starts_at, value_axis
from audit.figures.canvas import Sheet, heading, plain_sheet
from audit.tuning.shown import named
from audit.wording import amount, column_title, is_share, label, points, short_title, wrap
from audit.wording.tuning import UTILITY_TITLES, study_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from audit.figures.theme import Theme
    from audit.plan import Outcome
    from audit.rows.studies import Standing, Study, StudyRow
    from audit.wanted import Tuning

_HOVER: Final = 44
_SAME: Final = 1e-9
_ABOVE: Final = 3.0
"""Tries that lie further below the picked ones than the picked ones and the model before are apart are left out."""


def pareto(
    study: Study,
    *,
    focus: int | None = None,
    favourable: Outcome = "positive",
    theme: Theme = "light",
) -> go.Figure:
    """Draw the tries of a search, utility against gap.

    Parameters
    ----------
    study : Study
        What was found.
    focus : int or None
        The try to point out with its intervals, by its number; the recommended one by default.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    theme : {"light", "dark"}, default "light"
        Colours.

    Returns
    -------
    plotly.graph_objects.Figure
        Left is a smaller gap, up is more utility. Rings: tries on the validation rows, their front joined by a line;
        dots: the picked ones on the test rows.
    """
    pointed = pointed_out(study, focus)
    drawn = plain_sheet(
        theme=theme, alt=pareto_alt(study, favourable=favourable), height=460, left=62, right=24
    )
    heading(
        drawn, "", "Rings: tries on the validation rows, the best joined. Dots: picked ones on the test rows."
    )
    shown = _shown(study)
    xs, ys = _ticks(study, shown, pointed)
    _front(drawn, study)
    _tries(drawn, [row for row in shown if row is not pointed], study)
    _picked(drawn, [row for row in study.front if row.test is not None and row is not pointed], study)
    _without(drawn, study, pointed)
    if pointed is not None:
        _pointed(drawn, pointed, study, right=xs[-1])
    gap = f"Gap: {short_title(study.criterion, favourable).lower()}, by {column_title(study.sensitive)}, in points"
    share = is_share(study.utility) or study.utility == "balanced_accuracy"
    drawn.layout.update(
        xaxis=value_axis(drawn.palette, xs, point_texts(xs), title=gap),
        yaxis=value_axis(
            drawn.palette,
            ys,
            percent_texts(ys) if share else [f"{y:.3g}" for y in ys],
            title=f"{UTILITY_TITLES[study.utility]}{starts_at(ys) if share else ''}",
        ),
    )
    return drawn.finish()


def pareto_alt(
    study: Study, tuning: Tuning | None = None, *, favourable: Outcome = "positive", confidence: float = 0.95
) -> str:
    """Say what the picture of a search shows.

    Parameters
    ----------
    study : Study
        What was found.
    tuning : Tuning or None
        What was asked; by default nothing is said of its limits.
    favourable : {"positive", "negative"}, default "positive"
        Which decision is good for the person.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    str
        The takeaway.
    """
    from audit.wanted import Tuning as Asked

    chosen = study.chosen
    said = study_answer(
        study,
        tuning or Asked(),
        settings=named(chosen) if chosen else "",
        favourable=favourable,
        confidence=confidence,
    )
    return f"{said} {len(study.front)} of the tries are better than every other in one respect."


def pointed_out(study: Study, focus: int | None) -> StudyRow | None:
    """Find the try that a picture points out.

    Parameters
    ----------
    study : Study
        What was found.
    focus : int or None
        Its number; None for the recommended one.

    Returns
    -------
    StudyRow or None
        The try; None where there is none that was measured.
    """
    measured = [row for row in study.rows if row.state == "done"]
    return next((row for row in measured if row.number == focus), study.chosen)


def try_at(study: Study, gap: float, utility: float) -> int | None:
    """Find the try whose mark lies at a place of the picture.

    Parameters
    ----------
    study : Study
        What was found.
    gap, utility : float
        The place.

    Returns
    -------
    int or None
        Its number; None where the mark is of another model.
    """
    rows = [*study.front, *(row for row in study.rows if row.state == "done")]
    places = [(row, at) for row in rows for one in (row.test, row.validation) if (at := _at(one))]
    near = [row.number for row, at in places if math.dist(at, (gap, utility)) < _SAME]
    return near[0] if near else None


def _at(one: Standing | None) -> tuple[float, float] | None:
    """Give the place of a model in the picture."""
    return None if one is None or one.gap is None or one.utility is None else (one.gap, one.utility)


def _shown(study: Study) -> list[StudyRow]:
    """List the measured tries that the picture has room for; the table has all of them."""
    done = [row for row in study.rows if row.state == "done" and _at(row.validation)]
    kept = [at[1] for row in study.front for one in (row.validation, row.test) if (at := _at(one))]
    known = [value for value in (*kept, study.before.utility) if value is not None]
    if not known:
        return done
    floor = min(known) - _ABOVE * max(max(known) - min(known), 0.01)
    return [row for row in done if row.validation and (row.validation.utility or 0.0) >= floor]


def _ticks(
    study: Study, shown: Sequence[StudyRow], pointed: StudyRow | None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    models: list[Standing | None] = [study.before, *(row.validation for row in shown)]
    models += [one for row in study.front for one in (row.test, row.before)]
    ends: list[tuple[float | None, float | None]] = []
    if pointed is not None:
        models += [pointed.validation, pointed.test, pointed.control, pointed.before]
        own = pointed.test  # only there are intervals drawn
        if own is not None:
            ends = [(own.gap_low, own.utility_low), (own.gap_high, own.utility_high)]
    places = [at for one in models if (at := _at(one))]
    across = [x for x, _ in places] + [x for x, _ in ends if x is not None]
    upward = [y for _, y in places] + [y for _, y in ends if y is not None]
    low, high = min(upward, default=0.0), max(upward, default=1.0)
    pad = max(0.05 * (high - low), 0.002)
    return nice_ticks(0.0, max(across, default=0.1)), nice_ticks(max(low - pad, 0.0), min(high + pad, 1.0))


def _front(drawn: Sheet, study: Study) -> None:
    """Join the picked tries by steps: between two of them nothing better was found."""
    places = [at for row in study.front if (at := _at(row.validation))]
    if len(places) < 2:
        return
    xs, ys = [places[0][0]], [places[0][1]]
    for x, y in places[1:]:
        xs += [x, x]
        ys += [ys[-1], y]
    drawn.traces.append(_line(xs, ys, drawn.palette.interval, 1.5))


def _tries(drawn: Sheet, rows: Sequence[StudyRow], study: Study) -> None:
    quiet, best = drawn.palette.interval, drawn.palette.text
    _marks(
        drawn,
        [(at, row) for row in rows if (at := _at(row.validation))],
        study,
        rows_name="validation rows",
        symbol="circle-open",
        size=8,
        colours=[best if row.pareto else quiet for row in rows if _at(row.validation)],
    )


def _picked(drawn: Sheet, rows: Sequence[StudyRow], study: Study) -> None:
    _marks(
        drawn,
        [(at, row) for row in rows if (at := _at(row.test))],
        study,
        rows_name="test rows",
        symbol="circle",
        size=9,
        colours=[drawn.palette.muted] * len([row for row in rows if _at(row.test)]),
    )


def _without(drawn: Sheet, study: Study, pointed: StudyRow | None) -> None:
    """Mark the model before, on the test rows where they were looked at."""
    measured = [row.before for row in (pointed, *study.front) if row is not None and row.before is not None]
    before = measured[0] if measured else study.before
    rows_name = "test rows" if measured else "validation rows"
    _named(drawn, before, "Before", "square-open", study, rows_name=rows_name, up=12)


def _pointed(drawn: Sheet, row: StudyRow, study: Study, *, right: float) -> None:
    """Point out one try: where it stood when it was picked, where it stands on the test rows, and its control."""
    colour = drawn.palette.accent
    found, seen = _at(row.test), _at(row.validation)
    if row.control is not None:
        _named(drawn, row.control, "Control", "diamond-open", study, rows_name="test rows", up=-12)
    if seen is not None:
        if found is not None:
            drawn.traces.append(
                {**_line([seen[0], found[0]], [seen[1], found[1]], colour, 1.5), "line": _dotted(colour)}
            )
        _marks(
            drawn,
            [(seen, row)],
            study,
            rows_name="validation rows",
            symbol="circle-open",
            size=10,
            colours=[colour],
        )
    if row.test is None or found is None:
        if seen is not None:
            _name(drawn, seen, f"Try {row.number}", right=right)
        return
    one = row.test
    for xs, ys in (
        ((one.gap_low, one.gap_high), (found[1], found[1])),
        ((found[0], found[0]), (one.utility_low, one.utility_high)),
    ):
        if None not in xs and None not in ys:
            drawn.traces.append(_line(xs, ys, colour, 2))
    _marks(drawn, [(found, row)], study, rows_name="test rows", symbol="circle", size=12, colours=[colour])
    _name(drawn, found, f"Try {row.number}, test rows", right=right)


def _named(
    drawn: Sheet, one: Standing, name: str, symbol: str, study: Study, *, rows_name: str, up: int
) -> None:
    at = _at(one)
    if at is None:
        return
    drawn.traces.append(
        {
            "type": "scatter",
            "x": [at[0]],
            "y": [at[1]],
            "mode": "markers",
            "marker": {
                "symbol": symbol,
                "size": 11,
                "color": drawn.palette.text,
                "line": {"width": 2, "color": drawn.palette.text},
            },
            "hovertext": [_hover([name, rows_name, *_values(one, study)])],
            "hoverinfo": "text",
            "showlegend": False,
        }
    )
    _note(drawn, at, name, anchor="left", shift=(8, up), colour=drawn.palette.text)


def _marks(
    drawn: Sheet,
    placed: Sequence[tuple[tuple[float, float], StudyRow]],
    study: Study,
    *,
    rows_name: str,
    symbol: str,
    size: int,
    colours: Sequence[str],
) -> None:
    """Draw marks of tries; :func:`try_at` finds the one that was clicked."""
    if not placed:
        return
    texts = []
    for _, row in placed:
        one = row.test if rows_name == "test rows" else row.validation
        texts.append(
            _hover([f"Try {row.number}", named(row), rows_name, *(_values(one, study) if one else ())])
        )
    drawn.traces.append(
        {
            "type": "scatter",
            "x": [at[0] for at, _ in placed],
            "y": [at[1] for at, _ in placed],
            "mode": "markers",
            "marker": {
                "symbol": symbol,
                "size": size,
                "color": list(colours),
                "line": {"width": 1.5, "color": list(colours)},
            },
            "hovertext": texts,
            "hoverinfo": "text",
            "showlegend": False,
        }
    )


def _values(one: Standing, study: Study) -> tuple[str, ...]:
    return (
        f"gap {points(one.gap)}",
        f"{UTILITY_TITLES[study.utility].lower()} {amount(study.utility, one.utility)}",
    )


def _hover(lines: Sequence[str]) -> str:
    return "<br>".join(label(part) for line in lines for part in wrap(line, _HOVER, 4))


def _line(xs: Sequence[Any], ys: Sequence[Any], colour: str, width: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": list(xs),
        "y": list(ys),
        "mode": "lines",
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _dotted(colour: str) -> dict[str, Any]:
    return {"color": colour, "width": 1.5, "dash": "dot"}


def _name(drawn: Sheet, at: tuple[float, float], name: str, *, right: float) -> None:
    far = at[0] > 0.7 * right
    _note(
        drawn,
        at,
        name,
        anchor="right" if far else "left",
        shift=(-9 if far else 9, 11),
        colour=drawn.palette.accent,
    )


def _note(
    drawn: Sheet, at: tuple[float, float], name: str, *, anchor: str, shift: tuple[int, int], colour: str
) -> None:
    drawn.notes.append(
        {
            "text": label(name),
            "x": at[0],
            "y": at[1],
            "xref": "x",
            "yref": "y",
            "xanchor": anchor,
            "yanchor": "middle",
            "xshift": shift[0],
            "yshift": shift[1],
            "align": "left",
            "showarrow": False,
            "font": {"size": 12, "color": colour},
        }
    )
