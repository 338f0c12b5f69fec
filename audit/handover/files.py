"""Writes the files of an adopted model: made from one run of a mitigation, and never from a row of the data."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from audit.before import AS_IT_IS
from audit.disclosure.protect import protected
from audit.errors import ModelError
from audit.handover.card import card
from audit.handover.groups import columns_of, with_thresholds
from audit.plan import ModelChoice, Search

if TYPE_CHECKING:
    from audit.attempt import Attempt
    from audit.plan import Plan
    from audit.result import Audit
    from audit.trial import Trial

MODEL: Final = "model.skops"
GRAPH: Final = "model.onnx"
THRESHOLDS: Final = "thresholds.json"
CARD: Final = "model-card.md"
PLAN: Final = "plan.json"

NAMES: Final = (MODEL, GRAPH, THRESHOLDS, CARD, PLAN)
"""Every file that an adopted model may have."""

LARGEST: Final = 200 * 2**20
"""Bytes of the largest file that is handed over: what can be uploaded again."""

_DRAWN: Final = (
    "Some decisions are drawn at random between two thresholds: the files hold the scores, and thresholds.json says how "
    "often which threshold counts. A person whose decision was drawn may be decided about otherwise next time."
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


def hand_over(first: Attempt, trial: Trial, audit: Audit) -> Adopted:
    """Write the files of a repaired model.

    Parameters
    ----------
    first : Attempt
        The run whose model is adopted: the one on the plan's own split and seed.
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
    columns = columns_of(first.bench, trial.record.params)
    models, left = _models(first, trial, audit.plan, columns)
    if MODEL in models:
        plan = again(audit.plan, models[MODEL])
        models[PLAN] = plan.to_json().encode()
    models[THRESHOLDS] = _thresholds(first, columns)
    told = protected(replace(audit, tried=(), comparison=()).with_trials([trial]))
    models[CARD] = card(
        told, trial, first, files=tuple(name for name in NAMES if name in models), left=left
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


def again(plan: Plan, model: bytes) -> Plan:
    """Give the plan that audits an adopted model as an uploaded one.

    Parameters
    ----------
    plan : Plan
        The plan of the audit.
    model : bytes
        The skops file.

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
            threshold=0.5 if plan.model.kind == "column" else plan.roles.threshold,
        ),
        mitigations=(),
        search=Search(),
        regret=False,
    )


def _models(
    first: Attempt, trial: Trial, plan: Plan, columns: tuple[str, ...]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Write the model in every format that can hold it, and say what cannot be."""
    fitted, rule = first.repaired.fitted, first.repaired.rule
    if fitted is None:
        raise ModelError(
            f"{trial.record.title} cannot be handed over as a file.",
            why="Its decisions do not come from one model of the raw columns.",
            fix="Adopt another repair, or run this one where the data are.",
            code="model_not_portable",
        )
    if first.before.baseline == AS_IT_IS:
        where = "that was uploaded" if plan.model.kind != "column" else "that made the column of scores"
        return {}, (f"The model is the one {where}, as it is: only its thresholds are new.",)
    from audit.models.onnx_write import to_onnx
    from audit.models.pipeline import as_pipeline
    from audit.models.skops_write import to_skops

    frame = first.bench.frame
    files, left = {}, []
    if rule is not None and rule.drawn:
        left.append(_DRAWN)
    refitted = fitted.encoder is None and fitted.estimator is not None  # a fresh copy of the uploaded model
    inner = fitted.estimator if refitted else as_pipeline(fitted, frame)
    try:
        whole = inner if rule is None or rule.drawn else with_thresholds(inner, rule, first.bench, columns)
    except ModelError as error:
        whole = inner
        left.append(f"The model file gives scores only. {error.why}")
    files[MODEL] = to_skops(whole)
    try:
        files[GRAPH] = to_onnx(fitted, frame)
        if rule is not None:
            left.append(f"{GRAPH} gives scores; the thresholds of the groups are in {THRESHOLDS}.")
    except ModelError as error:
        left.append(f"There is no {GRAPH}. {error.why}")
    return files, tuple(left)


def _thresholds(first: Attempt, columns: tuple[str, ...]) -> bytes:
    rule = first.repaired.rule
    threshold: Any = first.before.threshold
    content = {
        "format": 1,
        "meaning": "A score at or above the threshold is a positive decision.",
        "columns": list(columns) if rule is not None else [],
        "threshold": None if rule is not None else threshold if math.isfinite(threshold) else str(threshold),
        "rule": None if rule is None else rule.to_dict(),
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
