"""How a model's answers are read as scores or decisions."""

from __future__ import annotations

import numpy as np
import pytest

from audit.errors import ModelError
from audit.models.outputs import Answers, interpret


def read(labels=None, table=None, *, classes=(), margin=False, positive="1", n_rows=None):
    labels = None if labels is None else np.asarray(labels)
    table = None if table is None else np.asarray(table, dtype=float)
    n_rows = len(labels if labels is not None else table) if n_rows is None else n_rows
    return interpret(
        Answers(labels=labels, table=table, classes=classes, margin=margin), positive=positive, n_rows=n_rows
    )


def test_probabilities_with_named_classes_take_the_positive_one():
    table = [[0.2, 0.8], [0.7, 0.3]]
    assert read(table=table, classes=("no", "yes"), positive="yes").score.tolist() == [0.8, 0.3]
    assert read(table=table, classes=("no", "yes"), positive="no").score.tolist() == [0.2, 0.7]


def test_the_positive_column_is_found_by_the_labels():
    table = [[0.8, 0.2], [0.3, 0.7], [0.9, 0.1]]
    scored = read(["good", "bad", "good"], table, positive="good")
    assert scored.score.tolist() == [0.8, 0.3, 0.9]
    assert scored.decision is None
    assert read([0, 1, 0], table, positive="1").score.tolist() == [0.2, 0.7, 0.1]
    assert read([0, 1, 0], table, positive="0").score.tolist() == [0.8, 0.3, 0.9]


def test_without_any_names_the_second_column_is_taken_and_said():
    scored = read(table=[[0.2, 0.8], [0.7, 0.3]], positive="yes")
    assert scored.score.tolist() == [0.8, 0.3]
    assert "second number" in scored.notes[0]


@pytest.mark.parametrize(
    ("labels", "positive", "wanted"),
    [
        ([1, 0, 1], "1", [1, 0, 1]),
        ([1, 0, 1], "0", [0, 1, 0]),
        ([1.0, 0.0, 1.0], "1", [1, 0, 1]),
        (["yes", "no", "yes"], "yes", [1, 0, 1]),
        (["1.0", "0.0", "1.0"], "1", [1, 0, 1]),
        ([True, False, True], "True", [1, 0, 1]),
        ([1, -1, 1], ">50K", [1, 0, 1]),
        ([[1], [0], [1]], ">50K", [1, 0, 1]),
        ([True, False, True], "approved", [1, 0, 1]),
    ],
)
def test_labels_become_decisions_by_canonical_text(labels, positive, wanted):
    scored = read(labels, positive=positive)
    assert scored.score is None
    assert scored.decision.dtype == np.int8
    assert scored.decision.tolist() == wanted


def test_a_label_that_never_comes_is_said():
    scored = read([0, 0, 0], positive=">50K")
    assert scored.decision.tolist() == [0, 0, 0]
    assert "nobody" in scored.notes[0]
    assert read([1, 1], positive=">50K").decision.tolist() == [1, 1]


def test_one_column_is_the_score_as_it_is():
    for table in ([[0.2], [0.8]], [0.2, 0.8]):
        scored = read(table=table)
        assert scored.score.tolist() == [0.2, 0.8]
        assert scored.notes == ()


def test_a_score_outside_the_unit_interval_is_accepted_and_noted():
    scored = read(table=[1.0, 7.0])
    assert scored.score.tolist() == [1.0, 7.0]
    assert "outside 0 to 1" in scored.notes[0]


def test_margins_and_log_odds_keep_the_decisions_of_the_model():
    margin = np.array([-2.0, 0.1, 3.0])
    scored = read(table=margin, classes=("no", "yes"), margin=True, positive="yes")
    assert np.allclose(scored.score, 1 / (1 + np.exp(-margin)))
    assert np.allclose(
        read(table=margin, classes=("no", "yes"), margin=True, positive="no").score, 1 - scored.score
    )
    assert np.allclose(read(["no", "yes", "yes"], margin, positive="yes").score, scored.score)
    assert np.allclose(read(["no", "yes", "yes"], margin, positive="no").score, 1 - scored.score)
    pair = read(table=np.column_stack([-margin, margin]), classes=("no", "yes"), positive="yes")
    assert np.allclose(pair.score, 1 / (1 + np.exp(-2 * margin)))
    assert "softmax" in pair.notes[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda: read(["a", "b", "c"]),
        lambda: read(table=np.full((4, 3), 1 / 3)),
        lambda: read(table=[[0.5, 0.5]], n_rows=2),
        lambda: read([1, 0], n_rows=3),
        lambda: read(table=[0.5, np.nan]),
        lambda: read(table=[0.5, np.inf]),
        lambda: read(["yes", ""], positive="yes"),
        lambda: read(["yes", "no"], positive="1"),
        lambda: read(table=[[0.5, 0.5]], classes=("yes", "no"), positive="1"),
        lambda: read(n_rows=3),
    ],
)
def test_answers_that_cannot_be_understood_are_refused(call):
    with pytest.raises(ModelError) as caught:
        call()
    assert caught.value.code == "model_output"
