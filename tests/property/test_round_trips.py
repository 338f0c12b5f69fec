"""A plan and an audit are the same after a trip through a file."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.plan import (
    BASELINES,
    KNOWN_TOLERANCES,
    About,
    Grouping,
    MitigationChoice,
    ModelChoice,
    Plan,
    Roles,
    with_tolerance,
)
from audit.result import Audit
from audit.run import run

few = settings(max_examples=40, deadline=None, derandomize=True)
text = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)
unit = st.floats(0, 1)
plans = st.builds(
    Plan,
    about=st.builds(About, title=text, notes=text),
    roles=st.builds(
        Roles,
        label=text,
        positive=text,
        favourable=st.sampled_from(["positive", "negative"]),
        decision=st.one_of(st.none(), text),
        decision_positive=st.lists(text, max_size=3).map(tuple),
        threshold=st.floats(-10, 10),
        sensitive=st.lists(text, max_size=3, unique=True).map(tuple),
        features=st.one_of(st.none(), st.lists(text, max_size=3).map(tuple)),
    ),
    grouping=st.builds(
        Grouping,
        bins=st.dictionaries(
            text, st.lists(st.floats(-9, 9), max_size=3, unique=True).map(sorted).map(tuple), max_size=2
        ),
        references=st.dictionaries(text, text, max_size=2),
        min_size=st.integers(1, 100),
        include_unknown=st.booleans(),
    ),
    model=st.one_of(
        st.just(ModelChoice()),
        st.builds(ModelChoice, kind=st.just("train"), algorithm=st.sampled_from(BASELINES)),
    ),
    mitigations=st.lists(
        st.builds(
            MitigationChoice,
            id=text,
            params=st.dictionaries(
                text, st.one_of(st.booleans(), st.integers(-9, 9), unit, text), max_size=2
            ),
        ),
        max_size=2,
    ).map(tuple),
    tolerances=st.dictionaries(st.sampled_from(KNOWN_TOLERANCES), unit, max_size=4),
    confidence=st.floats(0.5, 0.999),
    seed=st.integers(0, 2**32 - 1),
    dated=text,
)


@few
@given(plans)
def test_plans(plan):
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.to_json() == plan.to_json()


def table(weighted):
    rng = np.random.default_rng(4)
    n = 300
    frame = pd.DataFrame(
        {
            "label": rng.integers(0, 2, n),
            "decision": rng.integers(0, 2, n),
            "race": rng.choice(["a", "b", "c", None], n, p=[0.5, 0.3, 0.15, 0.05]),
            "age": rng.normal(40, 12, n),
        }
    )
    if weighted:
        frame["weight"] = rng.gamma(2, 1, n)
    return frame


@cache
def audit(weighted):
    roles = Roles(
        label="label", decision="decision", sensitive=("race", "age"), weight="weight" if weighted else None
    )
    return run(table(weighted), Plan(roles=roles, replicates=100, dated="2026-01-01"))


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.booleans(), st.sampled_from(KNOWN_TOLERANCES), st.one_of(st.none(), unit))
def test_audits_byte_for_byte(weighted, name, tolerance):
    changed = audit(weighted).with_tolerance(name, tolerance)
    assert Audit.from_json(changed.to_json()).to_json() == changed.to_json()


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.sampled_from(KNOWN_TOLERANCES), st.one_of(st.none(), unit))
def test_a_changed_tolerance_gives_what_a_new_run_gives(name, tolerance):
    base = audit(False)
    changed = base.with_tolerance(name, tolerance)
    again = run(table(False), with_tolerance(base.plan, name, tolerance))
    assert changed.to_json() == again.to_json()


@settings(max_examples=5, deadline=None, derandomize=True)
@given(st.integers(0, 100))
def test_the_order_of_a_files_rows_does_not_matter(seed):
    base = audit(False)
    shuffled = run(table(False).sample(frac=1, random_state=seed), base.plan)
    one, two = json.loads(base.to_json()), json.loads(shuffled.to_json())
    for kind in ("metrics", "disparities", "findings", "cells"):
        assert one[kind] == two[kind]
