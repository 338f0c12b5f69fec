"""Writes the files of an adopted model: made from one run of a mitigation, and never from a row of the data."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from audit.binned import Counted
from audit.disclosure.protect import protected
from audit.errors import ModelError
from audit.handover.card import card
from audit.handover.decider import of_counts, of_run
from audit.handover.models import DRAWN, GRAPH, MODEL, THRESHOLDS, write_models
from audit.plan import ModelChoice, Search

if TYPE_CHECKING:
    from audit.attempt import Attempt
    from audit.plan import Plan
    from audit.result import Audit
    from audit.trial import Trial

CARD: Final = "model-card.md"
PLAN: Final = "plan.json"

NAMES: Final = (MODEL, GRAPH, THRESHOLDS, CARD, PLAN)
"""Every file that an adopted model may have."""

LARGEST: Final = 200 * 2**20
"""Bytes of the largest file that is handed over: what can be uploaded again."""

_ON_COUNTS: Final = (
    "The model is the one that made the column of scores, as it is: only its thresholds are new. They were set and measured "
    "on counts of people by score, and no row was read."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adopted:
    """A model to hand over.

    Parameters
    ----------
    files : dict of str to bytes
        Contents by name, each of :data:`NAMES`.
    left : tuple of str
        Why a file is not among them, or does less than the repaired model, as sentences.
    """

    files: dict[str, bytes]
    left: tuple[str, ...] = ()

    def zipped(self) -> bytes:
        """Pack the files.

        Returns
        -------
        bytes
            A ZIP file; the same files give the same bytes.
        """
        from audit.models.skops_write import zipped

        return zipped(self.files)


def hand_over(first: Attempt | Counted, trial: Trial, audit: Audit) -> Adopted:
    """Write the files of a repaired model.

    Parameters
    ----------
    first : Attempt or Counted
        The run whose model is adopted, the one on the plan's own split and seed; or the thresholds that were set on
        counts.
    trial : Trial
        What was measured, over all seeds.
    audit : Audit
        The audit that it improves on.

    Returns
    -------
    Adopted
        The model as far as files can hold it, its thresholds, its card, and a plan to audit it again.

    Raises
    ------
    ModelError
        With code "model_not_portable" where neither a model nor thresholds can be written, "model_too_large" where a
        file would be too large to be uploaded again.
    """
    models: dict[str, bytes]
    if isinstance(first, Counted):
        decider = of_counts(first, audit.plan.roles.score)
        models, left = {}, (_ON_COUNTS, *((DRAWN,) if decider.drawn else ()))
    else:
        decider = of_run(first, trial.record.params)
        models, left = write_models(first, decider, trial, audit.plan)
    if MODEL in models:
        models[PLAN] = again(audit.plan, models[MODEL], threshold=decider.threshold).to_json().encode()
    models[THRESHOLDS] = decider.thresholds()
    told = protected(replace(audit, tried=(), comparison=()).with_trials([trial]))
    models[CARD] = card(
        told, trial, decider, files=tuple(name for name in NAMES if name in models), left=left
    ).encode()
    for name, content in models.items():
        if len(content) > LARGEST:
            raise ModelError(
                f"The file {name} would have {len(content) / 2**20:,.0f} MB.",
                why=f"A model of more than {LARGEST / 2**20:,.0f} MB cannot be uploaded again.",
                fix="Adopt a smaller model.",
                code="model_too_large",
            )
    return Adopted(files={name: models[name] for name in NAMES if name in models}, left=left)


def again(plan: Plan, model: bytes, *, threshold: float | None = None) -> Plan:
    """Give the plan that audits an adopted model as an uploaded one.

    Parameters
    ----------
    plan : Plan
        The plan of the audit.
    model : bytes
        The skops file.
    threshold : float or None
        The threshold of everybody, where there is one; None for that of the plan.

    Returns
    -------
    Plan
        With the same roles, groups and tolerances; no mitigation is tried and no subgroup searched.
    """
    return replace(
        plan,
        model=ModelChoice(kind="skops", name=MODEL, sha256=hashlib.sha256(model).hexdigest()),
        roles=replace(
            plan.roles,
            decision=None,
            score=None,
            threshold=_finite(threshold, 0.5 if plan.model.kind == "column" else plan.roles.threshold),
        ),
        mitigations=(),
        search=Search(),
        regret=False,
    )


def _finite(threshold: float | None, otherwise: float) -> float:
    return threshold if threshold is not None and math.isfinite(threshold) else otherwise
