"""Resampling: copy or leave out training rows, at random or near the boundary, until groups and labels are balanced."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from audit.mitigation.balance import (
    STRENGTH,
    TARGET,
    Strategy,
    Target,
    describe_plan,
    plan_counts,
    unfillable,
)
from audit.mitigation.repair import PreProcessing
from audit.mitigation.spec import MitigationSpec, Param, resolve_params
from audit.mitigation.table import Treated, count_changes
from audit.progress import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.mitigation.table import TrainingTable
    from audit.progress import Progress

SPEC = MitigationSpec(
    id="resampling",
    title="Resampling",
    stage="pre",
    summary=(
        "Copies training rows of rare cells of group and label, or leaves out rows of common ones, until the groups have "
        "the same share of positive labels. Rows are chosen at random (uniform resampling), or those nearest to the "
        "boundary of a quick model come first (preferential sampling). No value and no label is changed."
    ),
    assumes=(
        "The difference in base rates between groups should not be learned. "
        "The few rows of a rare cell stand for the people who are missing there. "
        "The labels are taken as they are."
    ),
    caution=(
        "Copies hold no new information: a model can learn the copied people by heart. Leaving rows out throws "
        "information away. Scores no longer match the frequency of the outcome in the population. "
        "Choosing rows by a protected characteristic is a use of that characteristic in training; whether that is "
        "lawful depends on place and purpose, so have it checked. Choosing the rows near the boundary goes much further "
        "than choosing at random: on census income data, by sex, chances then tilted the other way."
    ),
    reading=(
        "The base rates of the training rows are equal; the table of cells shows how many rows came and went. The "
        "selection rates of the retrained model come closer and are usually not equal. "
        "Read the change on the test rows, which are never resampled."
    ),
    params=(
        Param(
            id="strategy",
            title="How to balance",
            kind="choice",
            default="oversample",
            choices=("oversample", "undersample", "both"),
            choice_titles=(
                "Copy rows of rare cells",
                "Leave out rows of common cells",
                "Both, about as many rows as before",
            ),
            help=(
                "Copying keeps every real row and makes training slower. Leaving out is quick and loses information. "
                "Both does some of each and keeps about as many rows as before."
            ),
        ),
        TARGET,
        STRENGTH,
        Param(
            id="pick",
            title="Which rows come first",
            kind="choice",
            default="random",
            choices=("random", "boundary"),
            choice_titles=("Any, at random", "Those nearest to the boundary"),
            help=(
                "At random leaves every cell looking as it does. Nearest to the boundary copies and leaves out the rows "
                "that a logistic regression, trained on the same rows, is least sure of: it changes more with as many rows."
            ),
        ),
    ),
    references=(
        (
            "Kamiran, F. and Calders, T. (2012). Data preprocessing techniques for classification without "
            "discrimination. Knowledge and Information Systems 33(1), 1–33. doi:10.1007/s10115-011-0463-8"
        ),
        (
            "He, H. and Garcia, E. A. (2009). Learning from imbalanced data. IEEE Transactions on Knowledge and Data "
            "Engineering 21(9), 1263–1284. doi:10.1109/TKDE.2008.239"
        ),
    ),
)


class Resampling(PreProcessing):
    """Copy and leave out rows so that cells of group and label have planned counts.

    Parameters
    ----------
    strategy : {"oversample", "undersample", "both"}, default "oversample"
        Whether rows are only copied, only left out, or both.
    target : {"base_rate", "cells"}, default "base_rate"
        Whether only the base rates become equal, or the cells of all groups in number.
    strength : float, default 1.0
        Share of the missing or surplus rows, from 0 to 1.
    pick : {"random", "boundary"}, default "random"
        Whether rows are drawn, or those come first that a logistic regression puts nearest to its boundary: among
        positives the lowest scores, among negatives the highest. With "both" and "base_rate" the latter is the
        preferential sampling of Kamiran and Calders.

    Notes
    -----
    Copies are spread evenly: within a cell no row is copied two times more than another. Row weights travel with
    their rows; balance is counted in rows.
    """

    spec = SPEC

    def __init__(
        self,
        strategy: str = "oversample",
        target: str = "base_rate",
        strength: float = 1.0,
        pick: str = "random",
    ) -> None:
        self.strategy = strategy
        self.target = target
        self.strength = strength
        self.pick = pick

    def treat(self, table: TrainingTable, *, seed: int, progress: Progress) -> Treated:
        """Resample the training rows.

        Parameters
        ----------
        table : TrainingTable
            The training rows.
        seed : int
            Where the random choice of rows starts.
        progress : callable
            Told the share done.

        Returns
        -------
        Treated
            The rows kept, in their order, followed by the copies, cell by cell.

        Raises
        ------
        PlanError
            Where a setting is unknown or out of range.
        """
        settings = resolve_params(SPEC, self.get_params())
        progress(0.0, "Planning cells")
        before = table.counts()
        planned = plan_counts(
            before,
            strategy=cast("Strategy", settings["strategy"]),
            target=cast("Target", settings["target"]),
            strength=float(settings["strength"]),
        )
        after = np.where(before == 0, 0, planned)
        first = None
        if settings["pick"] == "boundary" and (after != before).any():
            from audit.mitigation.ranking.ranker import rank

            score = rank(
                table, seed=seed, progress=lambda share, _: progress(0.5 * share, "Ranking the rows")
            )
            first = np.where(table.label == 1, score, -score)
        rows = choose_rows(
            table,
            after,
            seed=seed,
            first=first,
            progress=within(progress, 0.5 if first is not None else 0.0, 1.0),
        )
        weights = table.weight[table.weight > 0]
        uneven = ("Balance is counted in rows; row weights travel with their rows.",)
        return Treated(
            frame=table.frame.iloc[rows].reset_index(drop=True),
            label=table.label[rows],
            group=table.group[rows],
            weight=table.weight[rows],
            synthetic=np.zeros(len(rows), dtype=bool),
            cells=count_changes(table.groups, before, after),
            notes=(
                *unfillable(table.groups, before, planned),
                *describe_plan(table.groups, before, after),
                *(uneven if len(weights) and np.ptp(weights) > 0 else ()),
            ),
        )


def choose_rows(
    table: TrainingTable,
    after: NDArray[np.int64],
    *,
    seed: int,
    first: NDArray[np.float64] | None = None,
    progress: Progress,
) -> NDArray[np.int64]:
    """Choose the rows that give each cell its planned count.

    Parameters
    ----------
    table : TrainingTable
        The training rows.
    after : ndarray of int64 of shape (groups, 2)
        Planned rows by group and label.
    seed : int
        Where the random choice starts.
    first : ndarray of float64 of shape (n,) or None
        Rows with the lowest numbers are copied and left out first; None chooses at random.
    progress : callable
        Told the share done.

    Returns
    -------
    ndarray of int64
        Row positions: those kept, in order, then the copies.
    """
    generator = np.random.default_rng(seed)
    cell = table.group.astype(np.int64) * 2 + table.label
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(2 * len(table.groups) + 1))
    kept, copies = [], []
    for code, wanted in enumerate(after.ravel().tolist()):
        progress(code / after.size, "Choosing rows")
        rows = order[starts[code] : starts[code + 1]]
        drawn = generator.permutation(rows) if first is None else rows[np.argsort(first[rows], kind="stable")]
        if wanted <= len(rows):
            kept.append(drawn[:wanted] if first is None else drawn[len(rows) - wanted :])
            continue
        kept.append(rows)
        passes, rest = divmod(wanted - len(rows), len(rows))
        copies.append(np.concatenate([np.tile(rows, passes), drawn[:rest]]))
    progress(1.0, "Rows are chosen")
    return np.concatenate([np.sort(np.concatenate(kept)), *copies])
