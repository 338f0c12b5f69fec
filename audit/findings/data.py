"""Findings about what the data can and cannot carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.chapters.power import tolerance_of
from audit.rows import REASONS, Finding
from audit.wording import cannot_both, column_title, count, escape_plain, group_phrase, percent, points

if TYPE_CHECKING:
    from audit.findings.facts import Facts

TOO_GOOD = 0.97
"""Accuracy from which a model trained here is suspected of having seen the answer."""

FEW = 30
"""People in a denominator below which a rate is called thin."""


def one_class(facts: Facts) -> list[Finding]:
    """Only one label occurs."""
    row = facts.rate("base_rate", facts.groupings[0], None)
    if row is None or row.value not in {0.0, 1.0}:
        return []
    which = "positive" if row.value == 1 else "negative"
    return [
        Finding(
            code="FA401",
            severity="high",
            title="Only one label occurs",
            evidence=f"All {count(row.n)} audited people have the {which} label. Rates on the other label are not estimable.",
            advice="Check the label column and its positive value, or audit data that hold both outcomes.",
        )
    ]


def one_decision(facts: Facts) -> list[Finding]:
    """Everybody gets the same decision."""
    row = facts.rate("selection_rate", facts.groupings[0], None)
    if row is None or row.value not in {0.0, 1.0}:
        return []
    which = "positive" if row.value == 1 else "negative"
    return [
        Finding(
            code="FA403",
            severity="high",
            title="Everybody gets the same decision",
            evidence=f"All {count(row.n)} decisions are {which}. There is no gap because nothing is decided.",
            advice="Check the decision's positive value, or the threshold against the range of the scores.",
        )
    ]


def no_outcome(facts: Facts) -> list[Finding]:
    """The decision is its own label."""
    if not facts.plan.roles.no_outcome:
        return []
    return [
        Finding(
            code="FA405",
            severity="low",
            title="Nobody knows who was right",
            evidence=(
                "The decision is its own label, so only selection is compared. Chances, errors and precision need an "
                "outcome that was recorded apart from the decision."
            ),
            advice="If the outcome is known, name its column as the label.",
        )
    ]


def too_good(facts: Facts) -> list[Finding]:
    """A model that was trained here is almost never wrong."""
    known = [
        row.before
        for row in facts.comparison
        if row.metric == "accuracy" and row.group is None and not row.comparison
    ]
    if facts.model.kind == "train":
        row = facts.rate("accuracy", facts.groupings[0], None)
        known.append(row.value if row is not None else None)
    best = max((value for value in known if value is not None), default=0.0)
    if best < TOO_GOOD:
        return []
    return [
        Finding(
            code="FA404",
            severity="medium",
            title="The model that was trained here is almost never wrong",
            evidence=f"It decides {percent(best)} of the test rows as the label does. Such a model has often seen the answer.",
            advice="Look for a feature that was recorded after the outcome, or follows from it, and take it out.",
        )
    ]


def not_estimable(facts: Facts) -> list[Finding]:
    """Groups about which a rate says nothing."""
    found = []
    for sensitive in facts.groupings:
        gone: dict[str, list[str]] = {}
        for row in facts.metrics:
            if (
                row.sensitive == sensitive
                and row.group is not None
                and row.value is None
                and row.reason not in {"", "no_outcome"}
            ):
                names = gone.setdefault(row.reason, [])
                name = group_phrase(sensitive, row.group)
                if name not in names:
                    names.append(name)
        if gone:
            listed = "; ".join(
                f"{REASONS[reason]}: {', '.join(names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''}"
                for reason, names in gone.items()
            )
            n = len({name for names in gone.values() for name in names})
            found.append(
                Finding(
                    code="FA301",
                    severity="low",
                    title=f"By {column_title(sensitive)}, some rates of {n} {'group' if n == 1 else 'groups'} are not estimable",
                    evidence=f"{listed[0].upper()}{listed[1:]}.",
                    advice="Nothing is known about these groups; a gap over the others cannot be called within tolerance.",
                )
            )
    return found


def thin_groups(facts: Facts) -> list[Finding]:
    """Groups with few people behind the equal-opportunity rate, where no tolerance says how few are too few."""
    rate = "true_negative_rate" if facts.plan.roles.favourable == "negative" else "true_positive_rate"
    if tolerance_of(facts.plan, rate):
        return []  # FA314 says of every group whether a gap of the tolerance would be seen
    found = []
    for sensitive in facts.groupings:
        rows = [
            r
            for r in facts.metrics
            if (r.metric, r.sensitive) == (rate, sensitive) and r.group is not None and 0 < r.n < FEW
        ]
        if not rows:
            continue
        rows.sort(key=lambda row: row.n)
        listed = ", ".join(f"{group_phrase(sensitive, row.group)} (n = {count(row.n)})" for row in rows[:4])
        more = f" and {len(rows) - 4} more" if len(rows) > 4 else ""
        found.append(
            Finding(
                code="FA302",
                severity="low",
                title=f"By {column_title(sensitive)}, {len(rows)} {'group is' if len(rows) == 1 else 'groups are'} thin",
                evidence=f"Fewer than {FEW} people stand behind the equal-opportunity rate of {listed}{more}.",
                advice="Read their intervals, not their points; collect more people or join groups that belong together.",
            )
        )
    return found


def unknown(facts: Facts) -> list[Finding]:
    """People whose group was not recorded."""
    found = []
    for sensitive in facts.groupings:
        if len(sensitive) > 1:
            continue
        cells = facts.cells.marginal(sensitive)
        n = int(sum(size for size, missing in zip(cells.sizes, cells.unknown, strict=True) if missing))
        if n:
            kept = (
                "count as a group of their own"
                if facts.plan.grouping.include_unknown
                else "are listed, but not part of any gap"
            )
            found.append(
                Finding(
                    code="FA303",
                    severity="medium" if n > 0.05 * facts.data.audited else "low",
                    title=f"{column_title(sensitive)} is not recorded for {count(n)} {'person' if n == 1 else 'people'}",
                    evidence=f"That is {percent(n / facts.data.audited)} of the audited people. They {kept}.",
                    advice="Find out why it is missing; if it is missing more often for one group, every gap is biased.",
                )
            )
    return found


def base_rates(facts: Facts) -> list[Finding]:
    """The label itself differs between groups."""
    limits = facts.chapter("impossibility")
    found = []
    for row in facts.rows("base_rate", "difference"):
        if row.low is None or row.value is None or row.low <= 0 or len(row.sensitive) > 1:
            continue
        high, low = (facts.rate("base_rate", row.sensitive, group) for group in (row.group, row.reference))
        if high is None or low is None:
            continue
        found.append(
            Finding(
                code="FA304",
                severity="low",
                title=f"Base rates differ by {column_title(row.sensitive)}",
                evidence=(
                    f"The label is positive for {percent(high.value)} of {group_phrase(row.sensitive, row.group)} and "
                    f"{percent(low.value)} of {group_phrase(row.sensitive, row.reference)}: {points(row.value)} apart. "
                    f"{cannot_both([one for one in limits if one.sensitive == row.sensitive])}"
                ).strip(),
                advice=(
                    "With different base rates, equal selection, equal errors and equal precision cannot all hold at once. "
                    "Choose the criterion that fits the harm, and say why."
                ),
            )
        )
    return found


def dropped(facts: Facts) -> list[Finding]:
    """Many rows could not be audited."""
    lost = [item for item in facts.data.dropped if "missing" in item.reason]
    n = sum(item.n for item in lost)
    if not n or n < 0.01 * facts.data.read:
        return []
    listed = ", ".join(f"{escape_plain(item.reason)} ({count(item.n)})" for item in lost)
    return [
        Finding(
            code="FA305",
            severity="medium" if n > 0.1 * facts.data.read else "low",
            title=f"{count(n)} rows could not be audited",
            evidence=f"{percent(n / facts.data.read)} of the rows read were left out: {listed}.",
            advice="Find out whether these people differ from the others; if so, the audit does not speak for them.",
        )
    ]


def own_model(facts: Facts) -> list[Finding]:
    """An uploaded model may have seen the rows it is audited on."""
    if facts.model.kind not in {"onnx", "skops"} or facts.data.split != "all rows":
        return []
    return [
        Finding(
            code="FA601",
            severity="low",
            title="The model may know these rows",
            evidence="An uploaded model may have been trained on rows that are audited here; then it looks better than it is.",
            advice="Audit it on rows that it has never seen, or name a split column.",
        )
    ]


CHECKS = (
    one_class,
    one_decision,
    no_outcome,
    too_good,
    not_estimable,
    thin_groups,
    unknown,
    base_rates,
    dropped,
    own_model,
)
