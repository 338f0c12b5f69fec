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
from audit.binned import Counted, on_counts, try_on_scores
from audit.data.place import engine_of
from audit.mitigation.repair import NO_AIDS
from audit.models.split import TEST, require_rows
from audit.progress import silent, within
from audit.sampling import in_memory, sample_notes
from audit.uploaded import model_inputs, planned_model, run_model, scorer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from audit.bench import Bench
    from audit.data.dataset import Dataset
    from audit.engines.protocol import Engine
    from audit.grouping import Rule
    from audit.handover.files import Adopted
    from audit.mitigation.repair import Aids
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
    sample : Dataset or None
        Rows in memory for data that lie in place, once they are drawn.
    aids : Aids
        What mitigations may use besides the rows.
    """

    dataset: Dataset
    plan: Plan
    outcomes: Outcomes
    model: Path | None
    rules: tuple[Rule, ...] = ()
    result: Audit | None = None
    bench: Bench | None = None
    kept: dict[str, Before] = field(default_factory=dict)
    sample: Dataset | None = None
    aids: Aids = NO_AIDS

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
        return self.try_any(choice, progress=progress)[0]

    def try_any(
        self, choice: MitigationChoice, *, progress: Progress = silent
    ) -> tuple[Trial, Attempt | Counted]:
        """Try a mitigation and keep what can be adopted of it.

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
        first : Attempt or Counted
            The run on the plan's own split and seed with its model, or thresholds alone.

        Notes
        -----
        Where rows are many, or lie in place, and the audited scores are a column, thresholds are tried on counts.
        """
        from audit.mitigation.catalogue import make

        scores = self.audit.basis.scores
        spec = make(choice.id, own_params(choice)).spec
        if scores is not None and on_counts(self.dataset, self.plan, scores, spec):
            return try_on_scores(scores, self.audit.cells, self.plan, choice, progress=progress)
        return self.try_out(choice, progress=progress)

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
        seeds_of(choice)
        start = self.start_of(choice)  # refuse before anything is trained
        progress(0.0, "Training the model without a mitigation")
        bench = self.rows(within(progress, 0.0, 0.1))
        before = self.before(choice, bench, self.kept, progress=within(progress, 0.1, 0.2))
        trial, first = attempt(
            bench,
            self.plan,
            choice,
            start,
            before=before,
            aids=self.aids,
            progress=within(progress, 0.2, 1.0),
        )
        notes = sample_notes(self.dataset, self.sample)
        return replace(trial, record=replace(trial.record, notes=(*notes, *trial.record.notes))), first

    def start_of(self, choice: MitigationChoice) -> Callable[[Bench, int, Progress], Before]:
        """Say how the model that a mitigation starts from comes about.

        Parameters
        ----------
        choice : MitigationChoice
            The mitigation; it is refused here where there is none of its id or a setting is wrong.

        Returns
        -------
        callable
            (bench, seed, progress) → the model.
        """
        from audit.mitigation.catalogue import make

        spec = make(choice.id, own_params(choice)).spec
        return self.start(stand_in(self.plan, choice, spec), spec)

    def before(
        self,
        choice: MitigationChoice,
        bench: Bench,
        kept: dict[str, Before],
        *,
        progress: Progress = silent,
    ) -> Before:
        """Train the model that a mitigation starts from, unless another one has started from it already.

        Parameters
        ----------
        choice : MitigationChoice
            The mitigation.
        bench : Bench
            The rows.
        kept : dict of str to Before
            The models trained on these rows so far; the new one is added.
        progress : callable
            Where the work reports.

        Returns
        -------
        Before
            The model.
        """
        from audit.mitigation.catalogue import make

        spec = make(choice.id, own_params(choice)).spec
        named = stand_in(self.plan, choice, spec)
        key = self._key(named, spec)
        if key not in kept:
            kept[key] = self.start(named, spec)(bench, self.plan.seed, progress)
        return kept[key]

    def adopt(self, choice: MitigationChoice, *, progress: Progress = silent) -> Adopted:
        """Try a mitigation and write the model that came out of it as files.

        Parameters
        ----------
        choice : MitigationChoice
            Which mitigation, with its settings.
        progress : callable
            Where the work reports.

        Returns
        -------
        Adopted
            The model, its thresholds, its card, and a plan to audit it again.

        Raises
        ------
        ModelError
            With code "model_not_portable" where no file can hold what was trained.
        """
        trial, first = self.try_any(choice, progress=within(progress, 0.0, 0.95))
        return self.hand_over(first, trial)

    def hand_over(self, first: Attempt | Counted, trial: Trial) -> Adopted:
        """Write a model that was tried already as files.

        Parameters
        ----------
        first : Attempt or Counted
            Its run on the plan's own split and seed, or the thresholds that were set on counts.
        trial : Trial
            What was measured of it.

        Returns
        -------
        Adopted
            As :meth:`adopt` gives it.
        """
        from audit.handover.files import hand_over

        return hand_over(first, trial, self.audit)

    def _key(self, named: str, spec: MitigationSpec) -> str:
        """Name the model that a mitigation starts from, so that each is trained once."""
        if self.plan.model.kind == "train" and spec.own_model in {"", self.plan.model.algorithm}:
            return AUDITED
        return f"{spec.stage == 'post'} {named}"

    def rows(self, progress: Progress = silent) -> Bench:
        """Load the rows, once: a sample, where the data lie in place and are many.

        Parameters
        ----------
        progress : callable
            Where the work reports.

        Returns
        -------
        Bench
            The rows, split.
        """
        if self.bench is None:
            info = self._info(self.plan)
            extra = model_inputs(info, self.plan, self.dataset) if info else ()
            held = self.held(progress=progress)
            self.bench = set_up(held, self.plan, self.outcomes, self.rules, extra=extra)
        # A model that is brought along is audited without rows to train on; a repair is not tried without them.
        require_rows(self.bench.split, by=" in the split column" if self.plan.roles.split else "")
        return self.bench

    def held(self, engine: Engine | None = None, progress: Progress = silent) -> Dataset:
        """Give the rows in memory: a sample, where the data lie in place and are many.

        Parameters
        ----------
        engine : Engine or None
            Reads the rows where they lie; by default the engine of the data.
        progress : callable
            Where the work reports.

        Returns
        -------
        Dataset
            The data themselves where they do not lie in place.
        """
        if self.sample is None:
            engine = engine or engine_of(self.dataset, progress=progress)
            self.sample = in_memory(self.dataset, self.plan, engine, progress=progress)
        return self.sample

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
