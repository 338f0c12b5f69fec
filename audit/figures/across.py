"""Where the places of a series lie on the axis that its panels share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from audit.figures.axes import nice_ticks, value_axis
from audit.wording.curves import place_kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.figures.canvas import Sheet
    from audit.rows.series import Series

_MOST_PLACES: Final = 100
_MOST_STEPS: Final = 12


def short(values: Sequence[float]) -> list[str]:
    """Write numbers with as few digits as tell them apart."""
    for digits in (2, 3, 4):
        texts = [f"{value:.{digits}g}" for value in values]
        if len(set(texts)) == len(values) and not any("e" in text for text in texts):
            return texts
    return [f"{value:g}" for value in values]


class Across:
    """Where the places of a series lie on the axis."""

    def __init__(self, series: Series) -> None:
        self.title = series.across
        self.steps = series.kind == "path" and len(series.x) <= _MOST_STEPS
        picked = place_kept(series) if series.x else 0
        every = max(-(-len(series.x) // _MOST_PLACES), 1)
        last = len(series.x) - 1
        self.taken = [k for k in range(len(series.x)) if k % every == 0 or k in {picked, last}]
        self.at = [float(k) if self.steps else series.x[k] for k in self.taken]
        self.said = [f"{series.across} {series.x[k]:g}" for k in self.taken]
        self.mark = self.taken.index(picked) if series.picked is not None and series.x else None
        self.names = short(series.x)

    def axis(self, drawn: Sheet, panel: int, *, last: bool) -> dict[str, Any]:
        """Give the settings of the axis of one panel.

        Parameters
        ----------
        drawn : Sheet
            What is drawn on.
        panel : int
            Place of the panel, from 0.
        last : bool
            Whether it is the lowest, which alone has texts.

        Returns
        -------
        dict
            For the layout.
        """
        if self.steps:
            ticks, texts = [float(k) for k in range(len(self.names))], self.names
        else:
            ticks = [float(k) for k in _round_places(self.at)]
            texts = [f"{tick:g}" for tick in ticks]
        ticks, texts = (ticks, texts) if ticks else ([0.0], [""])
        ends = (min([*self.at, ticks[0]]), max([*self.at, ticks[-1]]))
        margin = 0.03 * ((ends[1] - ends[0]) or 1.0)
        return value_axis(
            drawn.palette,
            ticks,
            texts if last else [""] * len(texts),
            title=self.title if last else "",
            range=[ends[0] - margin, ends[1] + margin],
            anchor=f"y{panel + 1 if panel else ''}",
        )


def _round_places(at: Sequence[float]) -> list[float]:
    """Choose round places between the ends, the first one always among them."""
    if len(at) < 2:
        return list(at)
    inside = [
        tick for tick in nice_ticks(0.0 if at[0] <= 1 else at[0], at[-1], most=7) if at[0] <= tick <= at[-1]
    ]
    whole = [tick for tick in inside if tick == round(tick)] if all(x == round(x) for x in at) else inside
    gap = (whole[1] - whole[0]) if len(whole) > 1 else 0.0
    return [at[0], *(tick for tick in whole if tick - at[0] > 0.6 * gap)]
