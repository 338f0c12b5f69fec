"""Errors a person can read."""

from __future__ import annotations

import pytest

from audit.errors import (
    AuditError,
    Cancelled,
    InputError,
    JobFailed,
    ModelError,
    PlanError,
    RoleError,
    StoreError,
    did_you_mean,
    listing,
    quote,
)


def test_one_sentence_each_for_what_why_and_how_to_mend_it():
    error = InputError("It broke.", why="It was old.", fix="Take another.", code="old")
    assert str(error) == "It broke. It was old. Take another."
    assert (error.code, isinstance(error, ValueError)) == ("old", True)
    assert str(AuditError("It broke.")) == "It broke."


@pytest.mark.parametrize(
    "kind", [AuditError, InputError, RoleError, ModelError, PlanError, StoreError, Cancelled, JobFailed]
)
def test_errors_stay_errors_of_the_audit(kind):
    assert issubclass(kind, AuditError)
    assert kind("What.").what == "What."


def test_an_unknown_column_is_suggested():
    error = RoleError.unknown_column("Gender ", ["gender", "age"], role="label")
    assert "Did you mean 'gender'?" in str(error)
    assert error.code == "unknown_column"
    assert "Name one of these" in str(RoleError.unknown_column("zzz", ["gender"]))


def test_names_are_cut_and_kept_on_one_line():
    assert quote("a\nb\tc") == "'a b c'"
    assert len(quote("x" * 10_000)) <= 62


def test_long_lists_are_counted():
    assert listing([]) == "none"
    assert listing("ab") == "'a', 'b'"
    assert listing(str(i) for i in range(1012)).endswith("'11' and 1,000 more")


def test_nothing_near_is_not_suggested():
    assert did_you_mean("zzz", ["sex"]) == ""
    assert did_you_mean("SEX", ["sex"]) == "Did you mean 'sex'?"
