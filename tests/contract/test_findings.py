"""Whatever a check finds is a sentence with its evidence, the same every time."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from audit.findings.catalogue import checks
from audit.plan import Grouping, MitigationChoice, Plan, Roles
from audit.result import _facts
from audit.run import run

JUDGEMENTS = re.compile(r"\b(fair|unfair|unbiased|biased|compliant|discriminat\w*)\b", re.IGNORECASE)
FORMULA = re.compile(r"\b(nan|None|inf)\b")


def frame(n=600, *, label=None, missing=0.0, hostile=False):
    rng = np.random.default_rng(1)
    names = ["=cmd()|'x'!A1", "<b>*a*</b>", "b"] if hostile else ["a", "b", "c"]
    group = rng.choice(names, n, p=[0.6, 0.38, 0.02])
    y = rng.integers(0, 2, n) if label is None else np.full(n, label)
    d = (rng.random(n) < 0.2 + 0.5 * y - 0.2 * (group == names[1])).astype(int)
    table = pd.DataFrame({"y": y, "d": d, "g": group, "x": rng.normal(size=n) + y})
    table.loc[rng.random(n) < missing, ["g", "d"]] = None
    return table


ROLES = Roles(label="y", decision="d", sensitive=("g",))
SITUATIONS = {
    "plain": (frame, Plan(roles=ROLES)),
    "negative": (
        frame,
        Plan(roles=Roles(label="y", decision="d", sensitive=("g",), favourable="negative")),
    ),
    "one class": (lambda: frame(label=0), Plan(roles=ROLES)),
    "missing": (lambda: frame(missing=0.2), Plan(roles=ROLES, grouping=Grouping(include_unknown=True))),
    "hostile": (lambda: frame(hostile=True), Plan(roles=ROLES)),
    "no criteria": (frame, Plan(roles=ROLES, tolerances={})),
    "mitigated": (frame, Plan(roles=ROLES, mitigations=(MitigationChoice(id="reweighing"),))),
    "tiny": (lambda: frame(8), Plan(roles=ROLES)),
}


@cache
def audit(situation):
    make, plan = SITUATIONS[situation]
    return run(make(), plan)


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    "check", checks(), ids=lambda check: f"{check.__module__.split('.')[-1]}.{check.__name__}"
)
def test_a_check_speaks_in_whole_sentences(check, situation):
    facts = _facts(audit(situation))
    found = check(facts)
    assert found == check(facts)
    assert check.__doc__
    for finding in found:
        assert re.fullmatch(r"FA\d{3}", finding.code)
        assert finding.severity in {"high", "medium", "low", "info"}
        assert finding.title
        assert not finding.title.endswith(".")
        for text in (finding.evidence, finding.advice):
            assert text.rstrip().endswith((".", "?", "!")), text
            assert "  " not in text
        for text in (finding.title, finding.evidence):
            assert not FORMULA.search(text), text
            assert not JUDGEMENTS.search(text), text


def test_every_code_belongs_to_one_check():
    owners = {}
    for situation in SITUATIONS:
        facts = _facts(audit(situation))
        for check in checks():
            for finding in check(facts):
                owners.setdefault(finding.code, set()).add(check.__qualname__)
    assert owners
    assert all(len(names) == 1 for names in owners.values()), owners


def test_checks_are_found_in_a_stable_order():
    names = [f"{check.__module__}.{check.__name__}" for check in checks()]
    assert len(names) == len(set(names)) >= 10
    assert [name.rsplit(".", 1)[0] for name in names] == sorted(name.rsplit(".", 1)[0] for name in names)
