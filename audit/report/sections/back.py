"""How it was computed, what it does not tell, and the record by which it can be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.report.blocks import Bullets, Equation, Facts, Heading, Paragraph, Run
from audit.report.sections.front import withheld
from audit.report.sections.words import joined
from audit.wording import TEXTS, count, level, text
from audit.wording.places import ENGINE_TITLES, FINGERPRINT_TITLES

if TYPE_CHECKING:
    from audit.report.blocks import Block
    from audit.result import Audit

_RATES: Final = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate", "error_rate", "precision",
)  # fmt: skip
_CRITERIA: Final = ("demographic_parity", "equal_opportunity", "equalized_odds")
_FEATURES: Final = 40


def limits(audit: Audit) -> list[Block]:
    """Say what the audit does not tell.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section.
    """
    favourable = audit.plan.roles.favourable
    cautions = [
        (f"{text(metric, favourable).short}. ", text(metric, favourable).caution)
        for metric in _CRITERIA
        if any(name.startswith(metric) for name in audit.plan.tolerances)
    ]
    standing = [
        (
            "A verdict is about an interval. ",
            "Within tolerance is not the same as no difference, and a gap is not its cause.",
        ),
        (
            "The label is taken as it is. ",
            "Where it was recorded unequally, gaps measured against it are distorted.",
        ),
        ("People are counted as the columns say. ", "Groups that were not recorded are not seen."),
    ]
    if any(row.reason for row in audit.metrics):
        standing.append(
            (
                "Some rates are not estimable. ",
                "They are left out of gaps, and a gap over fewer groups is never called within.",
            )
        )
    standing += [
        (
            "What was withheld. ",
            f"{said} Scores, repairs, subgroups and checks of certainty are left out of a protected report.",
        )
        for said in withheld(audit)
    ]
    standing += [("The model. ", note) for note in audit.model.notes]
    items = tuple((Run(title, "strong"), Run(said)) for title, said in (*standing, *cautions) if said)
    return [Heading("What this does not tell"), Bullets(items)]


def methods(audit: Audit) -> list[Block]:
    """Say how the numbers were computed.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section.
    """
    favourable = audit.plan.roles.favourable
    found: list[Block] = [
        Heading("How it was computed"),
        Paragraph(
            (
                Run(
                    "People are counted once by group, label and decision. TP, FP, FN and TN are true positives, false "
                    "positives, false negatives and true negatives of group g; every rate is a fraction of these counts. "
                    "A rate whose denominator is zero, or below the plan's minimum, is not estimable."
                ),
            )
        ),
    ]
    if favourable == "negative":
        found.append(
            Paragraph(
                (
                    Run(
                        "The negative decision is the good one for the person, so the criteria are computed on the "
                        "opposite label and decision; the rates keep their names."
                    ),
                )
            )
        )
    found.append(Heading("Rates", 2))
    found += [Equation(name, TEXTS[name].title, TEXTS[name].reading) for name in _RATES]
    found.append(Heading("Criteria", 2))
    for name in _CRITERIA:
        said = text(name, favourable)
        found.append(Equation(name, said.title, said.reading))
    found += _intervals(audit)
    return found


def _intervals(audit: Audit) -> list[Block]:
    weighted = audit.plan.roles.weight is not None
    found: list[Block] = [
        Heading("Intervals and verdicts", 2),
        Equation(
            "wilson",
            "Rates",
            f"Wilson interval at {level(audit.plan.confidence)}, with n people in the denominator.",
        ),
    ]
    if weighted:
        found.append(
            Equation("effective_size", "Weights", "With weights, n is the effective number of people.")
        )
    if audit.trials:
        found.append(
            Equation(
                "change", "Changes", "Paired over the same test rows, so that what both models share cancels."
            )
        )
    drawn = (
        "The interval of a gap or a ratio comes from the intervals of all pairs of groups, at a level shared among the "
        "pairs: so it allows for having chosen the extreme groups, and a gap's interval can contain zero. "
        f"{count(audit.plan.replicates)} simulated replicates of the counts say what chance alone would show"
        f"{', and give the intervals of changes in gaps' if audit.trials else ''}. A verdict is "
    )
    verdicts = (
        Run(drawn),
        Run("within tolerance", "strong"),
        Run(" where the whole interval is within and every group is estimable, "),
        Run("beyond tolerance", "strong"),
        Run(" where the evidence is beyond it, and "),
        Run("cannot tell", "strong"),
        Run(" otherwise."),
    )
    found.append(Paragraph(verdicts))
    return found


def record(audit: Audit) -> list[Block]:
    """Give everything that is needed to repeat the audit.

    Parameters
    ----------
    audit : Audit
        The audit.

    Returns
    -------
    list of blocks
        The section.
    """
    authority = audit.authority
    agreed = (
        f"{count(authority.checked)} rates were computed a second time with Fairlearn {authority.version} on the same "
        f"counts; the largest difference is {authority.largest_difference:.1g}. "
        if authority.checked
        else "No rate was computed a second time with Fairlearn. "
    )
    undefined = (
        f"{count(authority.undefined)} values that Fairlearn prints as a number are called not estimable here, since "
        "their denominator is zero. "
        if authority.undefined
        else ""
    )
    skipped = f"Left out: {'; '.join(authority.skipped)}." if authority.skipped else ""
    found: list[Block] = [
        Heading("The record"),
        Paragraph((Run(f"{agreed}{undefined}{skipped}".strip()),)),
        Paragraph(
            (
                Run("The files "),
                Run("audit.json", "code"),
                Run(" (all results in full precision) and "),
                Run("plan.json", "code"),
                Run(
                    " (all settings) are attached to this document. The same data with the same plan give the same bytes."
                ),
            )
        ),
        Heading("Data and settings", 2),
        Facts(_settings(audit), code=True),
        Heading("Releases", 2),
        Facts(
            (
                (
                    "Packages",
                    joined([f"{name} {release}" for name, release in sorted(audit.versions.items())]),
                ),
            ),
            code=True,
        ),
    ]
    if audit.plan.about.notes.strip():
        found += [Heading("Notes", 2), Paragraph((Run(audit.plan.about.notes),))]
    return found


def _settings(audit: Audit) -> tuple[tuple[str, str], ...]:
    plan, roles = audit.plan, audit.plan.roles
    features = audit.model.features
    shown = ", ".join(features[:_FEATURES]) + (
        f" and {len(features) - _FEATURES} more" if len(features) > _FEATURES else ""
    )
    return (
        (FINGERPRINT_TITLES[audit.data.fingerprint_kind], audit.data.fingerprint),
        ("Counted in place by", ENGINE_TITLES.get(audit.data.engine, audit.data.engine)),
        ("Rows in the sample", count(audit.data.sample) if audit.data.sample else ""),
        ("SHA-256 of the model", plan.model.sha256),
        ("Label", f"{roles.label} = {roles.positive}"),
        ("Favourable decision", roles.favourable),
        ("Decision", _decision(audit)),
        ("Scores counted in", _bins(audit)),
        ("Weights", roles.weight or ""),
        ("Split", roles.split or audit.data.split),
        ("Sensitive", ", ".join(roles.sensitive)),
        (
            "Cut points",
            "; ".join(
                f"{name}: {', '.join(f'{v:g}' for v in cuts)}"
                for name, cuts in sorted(plan.grouping.bins.items())
                if cuts
            ),
        ),
        (
            "References",
            "; ".join(f"{name}: {group}" for name, group in sorted(plan.grouping.references.items())),
        ),
        ("Smallest denominator", str(plan.grouping.min_size)),
        ("Tolerances", ", ".join(f"{name} {value:g}" for name, value in sorted(plan.tolerances.items()))),
        ("Confidence", f"{plan.confidence:g}"),
        ("Replicates", str(plan.replicates)),
        ("Seed", str(plan.seed)),
        ("Baseline", plan.baseline if audit.trials else ""),
        ("Features", shown),
        ("Dated", plan.dated),
    )


def _bins(audit: Audit) -> str:
    cells = audit.basis.scores
    if cells is None:
        return ""
    return "bins of one score each" if cells.exact else f"{count(len(cells.cuts))} bins"


def _decision(audit: Audit) -> str:
    roles = audit.plan.roles
    if audit.plan.model.kind == "column" and roles.decision:
        values = ", ".join(roles.decision_positive or (roles.positive,))
        return f"{roles.decision} in {{{values}}}"
    threshold = audit.model.threshold
    return audit.model.title if threshold is None else f"{audit.model.title}; score ≥ {threshold:g}"
