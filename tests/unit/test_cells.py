"""Counts of people by group, label and decision."""

from __future__ import annotations

import numpy as np
import pytest

from audit.cells import Attribute, Cells, display_order, from_arrays

SEX = Attribute(column="sex", levels=("f", "m"))
AGE = Attribute(column="age", levels=("under 9", "9 and over", "Unknown"), missing="Unknown", cuts=(9.0,))
CODES = np.array([[0, 0], [0, 1], [1, 1], [1, 1], [1, 2]])
LABEL = np.array([1, 0, 1, 1, 0], dtype=np.int8)
BEFORE = np.array([1, 1, 0, 1, 0], dtype=np.int8)
AFTER = np.array([1, 0, 1, 1, 1], dtype=np.int8)


def cells(**more):
    return from_arrays([SEX, AGE], CODES, [LABEL, BEFORE], **more)


def test_groups_that_nobody_is_in_are_not_listed():
    found = cells()
    assert found.groups == (("f", "under 9"), ("f", "9 and over"), ("m", "9 and over"), ("m", "Unknown"))
    assert found.sizes.tolist() == [1, 1, 2, 1]
    assert found.total == 5


def test_the_axes_are_label_and_decision():
    assert cells().n[2].tolist() == [[0, 0], [1, 1]]


def test_the_unknown_group_is_known_as_such():
    assert cells().unknown == (False, False, False, True)
    assert cells().marginal(["sex"]).unknown == (False, False)
    assert cells().marginal(["age"]).unknown == (False, False, True)


def test_a_real_level_called_unknown_is_not_missing():
    real = Attribute(column="g", levels=("Unknown", "Unknown (missing)"), missing="Unknown (missing)")
    found = from_arrays([real], np.array([[0], [1]]), [LABEL[:2], BEFORE[:2]])
    assert found.unknown == (False, True)


def test_columns_may_change_places():
    found = cells().marginal(["age", "sex"])
    assert found.sensitive == ("age", "sex")
    assert found.groups == (("under 9", "f"), ("9 and over", "f"), ("9 and over", "m"), ("Unknown", "m"))
    assert found.n.sum() == 5


def test_weights_and_their_squares_are_summed():
    found = cells(weight=np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert found.w[2].tolist() == [[0, 0], [3, 4]]
    assert found.w2[2].tolist() == [[0, 0], [9, 16]]
    assert found.n[2].tolist() == [[0, 0], [1, 1]]


def test_several_decisions_about_the_same_people():
    both = from_arrays([SEX], CODES[:, :1], [LABEL, BEFORE, AFTER])
    assert both.n.shape == (2, 2, 2, 2)
    assert both.decision(0).n.tolist() == from_arrays([SEX], CODES[:, :1], [LABEL, BEFORE]).n.tolist()
    assert both.decision(1).n.tolist() == from_arrays([SEX], CODES[:, :1], [LABEL, AFTER]).n.tolist()
    three = from_arrays([SEX], CODES[:, :1], [LABEL, 1 - AFTER, BEFORE, AFTER])
    assert three.pair(1, 2).n.tolist() == both.n.tolist()


def test_flipping_swaps_positive_and_negative_everywhere():
    flipped = cells().flipped()
    assert flipped.n.tolist() == from_arrays([SEX, AGE], CODES, [1 - LABEL, 1 - BEFORE]).n.tolist()


def test_some_groups_may_be_taken():
    found = cells().take([True, False, False, True])
    assert found.groups == (("f", "under 9"), ("m", "Unknown"))
    assert found.total == 2


def test_counts_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        cells().n[0, 0, 0] = 7


def test_groups_are_shown_in_the_order_of_their_levels():
    ordered = display_order({("m", "Unknown"), ("f", "9 and over"), ("f", "under 9")}, [SEX, AGE])
    assert ordered == (("f", "under 9"), ("f", "9 and over"), ("m", "Unknown"))


def test_plain_values_hold_only_cells_with_people():
    raw = cells().to_dict()
    assert len(raw["rows"]) == 5
    assert sum(row[-1] for row in raw["rows"]) == 5
    assert Cells.from_dict(raw).attributes == (SEX, AGE)
