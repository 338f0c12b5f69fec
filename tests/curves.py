"""Series for pictures: curves that fall, with a group that cannot be estimated and one that begins late."""

from __future__ import annotations

from audit.rows.series import Series


def series(
    groups, n=14, *, kind="training", measures=("log_loss", "selection_rate", "auc"), picked=3.0, title="T"
):
    """Curves of hostile names, with a group that cannot be estimated."""
    return Series(
        id="x",
        kind=kind,
        title=title,
        across="Epoch" if kind == "training" else "%{y} $a^2$ &amp;",
        measures=measures,
        groups=(None, *((name,) for name in groups)),
        x=tuple(float(k + 1) for k in range(n)),
        values=tuple(
            tuple(
                tuple(None if g == 4 or (g == 3 and k < 5) else 0.9 / (1 + k + g) for k in range(n))
                for g in range(len(groups) + 1)
            )
            for _ in measures
        ),
        picked=picked,
    )
