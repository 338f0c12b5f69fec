"""An audit together with what trying a mitigation on it needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from audit.attempt import Attempt, attempt
from audit.before import (
    AS_IT_IS,
    Before,
    as_it_is,
    fitter,
    own_params,
    seeds_of,
    stand_in,
    train_before,
)
from audit.bench import column_decisions, decide, set_up
from audit.models.split import TEST
from audit.progress import silent, within
from audit.uploaded import model_inputs, planned_model, run_model, scorer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.data.dataset import Dataset
    from audit.grouping import Rule
    from audit.mitigation.spec import MitigationSpec
    from audit.models.baseline import Fitted
    from audit.plan import MitigationChoice, Plan
    from audit.progress import Progress
    from audit.result import Audit
    from audit.roles import Outcomes
    from audit.trial import Trial

AUDITED: Final = "audited"
"""Names the audited model among those that mitigations start from, where it is trained here."""


@dataclass(slots=True, kw_only=True)
class Work:
    """An audit, and what trying a mitigation on it needs; the rows are loaded when they are first needed.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        The plan.
    outcomes : Outcomes
        The texts that count as positive.
    model : Path or None
        The uploaded model file.
    rules : tuple of Rule
        How the sensitive columns make groups.
    result : Audit or None
        The audit of the model as it is, once it is computed.
    bench : Bench or None
        The rows in memory.
    kept : dict of str to Before
        Models that mitigations start from, on the plan's own split, by what is trained.
    shelf : Path or None
        A folder where an unfinished training may be kept, so that it can go on after it was cut off.
    """

    dataset: Dataset
    plan: Plan
    outcomes: Outcomes
    model: Path | None
    rules: tuple[Rule, ...] = ()
    result: Audit | None = None
    bench: Bench | None = None
    kept: dict[str, Before] = field(default_factory=dict)
    shelf: Path | None = None

    @property
    def audit(self) -> Audit:
        """The audit of the model as it is."""
        if self.result is None:
            raise RuntimeError("the audit is not computed yet")
        return self.result

    def attempt(self, choice: MitigationChoice, *, progress: Progress = silent) -> Trial:
        """Try a mitigation on the training rows and measure it on the test rows.

        Parameters
        ----------
        choice : MitigationChoice
            Which mitigation, with its settings.
        progress : callable
            Where the work reports.

        Returns
        -------
        Trial
            Decisions of every model on the same test rows.
        """
        return self.try_out(choice, progress=progress)[0]

    def try_out(self, choice: MitigationChoice, *, progress: Progress = silent) -> tuple[Trial, Attempt]:
        """Try a mitigation and keep the model that came out of it.

        Parameters
        ----------
        choice : MitigationChoice
            Which mitigation, with its settings.
        progress : callable
            Where the work reports.

        Returns
        -------
        trial : Trial
            Decisions of every model on the same test rows.
        first : Attempt
            The run on the plan's own split and seed, with its model.
        """
        from audit.mitigation.catalogue import make

        spec = make(choice.id, own_params(choice)).spec  # refuse before anything is trained
        seeds_of(choice)
        named = stand_in(self.plan, choice, spec)
        start = self.start(named, spec)
        progress(0.0, "Training the model without a mitigation")
        bench = self.rows()
        key = self._key(named, spec)
        if key not in self.kept:
            self.kept[key] = start(bench, self.plan.seed, within(progress, 0.0, 0.2))
        return attempt(
            bench,
            self.plan,
            choice,
            start,
            before=self.kept[key],
            shelf=self.shelf,
            progress=within(progress, 0.2, 1.0),
        )

    def _key(self, named: str, spec: MitigationSpec) -> str:
        """Name the model that a mitigation starts from, so that each is trained once."""
        if self.plan.model.kind == "train" and spec.own_model in {"", self.plan.model.algorithm}:
            return AUDITED
        return f"{spec.stage == 'post'} {named}"

    def rows(self) -> Bench:
        """Load the rows, once.

        Returns
        -------
        Bench
            The rows, split.
        """
        if self.bench is None:
            info = self._info(self.plan)
            extra = model_inputs(info, self.plan, self.dataset) if info else ()
            self.bench = set_up(self.dataset, self.plan, self.outcomes, self.rules, extra=extra)
        return self.bench

    def _info(self, plan: Plan) -> Any:
        return planned_model(self.model, plan) if self.model else None

    def start(self, named: str, spec: MitigationSpec) -> Callable[[Bench, int, Progress], Before]:
        """Say how the model that a mitigation starts from comes about, on any split of the rows.

        Parameters
        ----------
        named : str
            The baseline that stands in, or that the mitigation trains itself.
        spec : MitigationSpec
            The mitigation.

        Returns
        -------
        callable
            (bench, seed, progress) → the model, with the audited model's decisions beside it where that is another.
        """
        plan = replace(self.plan, baseline=named)
        info = self._info(plan)

        def begin(bench: Bench, seed: int, progress: Progress) -> Before:
            own = self._own_scores(bench, info, progress) if spec.stage == "post" else None
            fit, baseline = fitter(plan, self.model, info, own_model=spec.own_model, seed=seed)
            if own is not None:
                before = as_it_is(bench, own, AS_IT_IS, fit=fit, threshold=plan.roles.threshold)
                return before if not plan.roles.decision else replace(before, original=self._column(bench))
            threshold = 0.5 if plan.model.kind == "column" else plan.roles.threshold
            before = train_before(bench, fit, baseline, threshold=threshold, progress=progress)
            return replace(before, original=self._original(bench, info, before, seed, progress))

        return begin

    def _own_scores(self, bench: Bench, info: Any, progress: Progress) -> Fitted | None:
        """Give the audited model by its own scores, where it has some for every row and is not trained here."""
        from audit.models.baseline import given_scores

        roles = self.plan.roles
        if self.plan.model.kind == "column" and roles.score:
            known = not bench.frame[roles.score].isna().any()
            return given_scores(roles.score) if known else None
        if info is None or self.model is None or not self.audit.model.has_scores:
            return None
        inputs = model_inputs(info, self.plan, self.dataset)
        return scorer((self.model, info), inputs, positive=self.outcomes.label, progress=progress)

    def _column(self, bench: Bench) -> NDArray[np.int8]:
        return column_decisions(bench, bench.rows(TEST), self.plan, self.outcomes)

    def _original(
        self, bench: Bench, info: Any, before: Before, seed: int, progress: Progress
    ) -> NDArray[np.int8] | None:
        """Decide on the test rows as the audited model does, where that is not the model before."""
        roles = self.plan.roles
        if info is not None and self.model is not None:
            return run_model(
                (self.model, info),
                bench,
                model_inputs(info, self.plan, self.dataset),
                bench.rows(TEST),
                positive=self.outcomes.label,
                threshold=roles.threshold,
                progress=progress,
            ).decisions
        if self.plan.model.kind == "column":
            return self._column(bench)
        if before.baseline == self.plan.model.algorithm:
            return None
        fit, algorithm = fitter(self.plan, None, None, seed=seed)
        audited = train_before(bench, fit, algorithm, threshold=roles.threshold, progress=progress)
        return decide(audited.score, audited.threshold)
