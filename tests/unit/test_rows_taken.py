"""The rows that a repair made, as files: made by a job, kept with the trial, without the rows of people where asked."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit import tasks
from audit.data.ingest import ingest_frame
from audit.errors import AuditError, StoreError
from audit.handover.rows import Asked, row_files
from audit.mitigation.catalogue import catalogue
from audit.plan import Grouping, MitigationChoice, ModelChoice, Plan, Roles
from audit.run import prepare
from audit.store import Store

QUICK = {
    "gan": {"epochs": 1},
    "tree_augmentation": {},
    "interpolation": {},
    "adversarial_augmentation": {},
    "private_augmentation": {},
}


def people(n=1400):
    rng = np.random.default_rng(4)
    group = rng.choice(["a", "b"], n, p=[0.6, 0.4])
    skill = np.round(rng.normal(size=n) + (group == "a"), 2)
    return pd.DataFrame(
        {
            "skill": skill,
            "town": rng.choice(["u", "v", "=w"], n),
            "group": group,
            "age": rng.integers(20, 60, n),
            "hired": np.where(skill + rng.normal(size=n) > 0.8, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("store"))


def begun(store, **grouping):
    plan = Plan(
        roles=Roles(
            label="hired", positive="yes", sensitive=("group", "age"), features=("skill", "town", "age")
        ),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        grouping=Grouping(bins={"age": (40,)}, **grouping),
    )
    audit_id = store.create_audit(ingest_frame(people(), store.data_folder), plan)
    tasks.run_audit(store, audit_id, {})
    return audit_id


@pytest.fixture(scope="module")
def audit_id(store):
    return begun(store)


def tried(store, audit_id, name, **params):
    asked = {"seeds": 1, "target": "cells", "group_by": "group", **QUICK.get(name, {}), **params}
    tasks.mitigate(store, audit_id, {"mitigation": name, "params": asked})
    return next(key for key in reversed(store.trials(audit_id)) if key.startswith(name))


def taken(store, audit_id, key, rows="augmented", kind="parquet"):
    tasks.take_rows(store, audit_id, {"trial": key, "rows": rows, "kind": kind})
    path = store.adopted_path(audit_id, key, part=Asked(rows=rows, kind=kind).part)
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_repair_that_adds_rows_says_so():
    assert {name for name, (spec, _) in catalogue().items() if spec.adds_rows} >= set(QUICK)


@pytest.mark.parametrize("name", QUICK)
def test_the_job_gives_table_card_and_generator_and_they_go_with_the_trial(store, audit_id, name):
    key = tried(store, audit_id, name)
    files = taken(store, audit_id, key)
    table = pd.read_parquet(io.BytesIO(files["augmented.parquet"]))
    assert set(table.columns) == {"skill", "town", "age", "group", "hired", "is_synthetic"}
    real, made = table[~table["is_synthetic"]], table[table["is_synthetic"]]
    assert len(made) > 0
    given = people()
    assert len(real.merge(given.drop_duplicates(), on=list(given.columns))) == len(real)
    counts = table.groupby(["group", "hired"]).size()
    assert (counts["a"] == counts["b"]).all()
    card = files["card.md"].decode()
    assert catalogue()[name][0].title in card
    kept_back = catalogue()[name][0].kept_back
    assert ("generator.json" in files) == ("generator.safetensors" in files) == (not kept_back)
    assert kept_back in card
    # The same again gives the same bytes; other parts stand beside it; all of them go with the trial.
    assert taken(store, audit_id, key) == files
    only = taken(store, audit_id, key, rows="made", kind="csv")
    again = pd.read_csv(io.BytesIO(only["made.csv"]))
    assert again["is_synthetic"].all()
    assert len(again) == len(made)
    assert not again["town"].str.startswith("=").any()  # a spreadsheet would run it
    assert store.adopted_path(audit_id, key) is None
    parts = [store.adopted_path(audit_id, key, part=part) for part in ("augmented-parquet", "made-csv")]
    assert all(path.is_file() for path in parts)
    store.delete_trial(audit_id, key)
    assert not any(path.exists() for path in parts)


def test_the_words_for_a_generator_that_stays_are_plain(store, audit_id):
    card = taken(store, audit_id, tried(store, audit_id, "interpolation"))["card.md"].decode()
    assert "it makes rows between real ones, so it would hold the rows of real people" in card


def test_a_store_that_is_opened_again_has_the_files(store, audit_id):
    key = tried(store, audit_id, "tree_augmentation")
    taken(store, audit_id, key)
    path = Store(store.root).adopted_path(audit_id, key, part="augmented-parquet")
    assert path is not None
    assert zipfile.is_zipfile(path)


def test_where_small_groups_are_withheld_no_row_of_a_person_leaves(store):
    audit_id = begun(store, small="suppress", small_size=12)
    key = tried(store, audit_id, "tree_augmentation")
    files = taken(store, audit_id, key)
    assert set(files) == {"made.parquet", "card.md"}
    table = pd.read_parquet(io.BytesIO(files["made.parquet"]))
    assert table["is_synthetic"].all()
    same = table.merge(people().groupby(["skill", "town", "age"]).size().rename("people").reset_index())
    assert (same["people"] >= 12).all()
    card = files["card.md"].decode()
    assert "withholds groups of fewer than 12 people" in card
    assert "real rows learned from" not in card
    assert "this audit withholds small groups" in card


def test_private_rows_leave_with_their_bound_and_without_facts_of_the_real_rows(store):
    audit_id = begun(store, small="suppress", small_size=12)
    key = tried(store, audit_id, "private_augmentation", epsilon=2.0)
    files = taken(store, audit_id, key, rows="made")
    assert set(files) == {"made.parquet", "card.md", "generator.json", "generator.safetensors"}
    card = files["card.md"].decode()
    assert "epsilon 2 at delta 0.0001" in card
    assert store.dataset(audit_id).fingerprint not in card
    secret = store.secret()
    assert not any(secret in content or secret.hex().encode() in content for content in files.values())
    kept = store.trials(audit_id)[key]
    assert secret.hex() not in kept
    assert "epsilon 2 at delta 0.0001" in kept


def test_a_repair_that_made_no_rows_has_none_to_give(store, audit_id):
    tasks.mitigate(store, audit_id, {"mitigation": "reweighing", "params": {"seeds": 1}})
    key = next(key for key in store.trials(audit_id) if key.startswith("reweighing"))
    with pytest.raises(AuditError) as caught:
        taken(store, audit_id, key)
    assert caught.value.code == "no_made_rows"
    with pytest.raises(StoreError) as caught:
        taken(store, audit_id, "unknown")
    assert caught.value.code == "unknown_trial"


def test_a_table_that_is_too_large_is_refused_with_a_way_out(store, audit_id, monkeypatch):
    from audit.handover import rows

    monkeypatch.setattr(rows, "LARGEST", 1_000)
    key = tried(store, audit_id, "adversarial_augmentation")
    with pytest.raises(AuditError) as caught:
        taken(store, audit_id, key)
    assert caught.value.code == "rows_too_large"
    assert "--augmented" in caught.value.fix
    assert store.adopted_path(audit_id, key, part="augmented-parquet") is None


def test_what_is_asked_for_must_be_known():
    with pytest.raises(ValueError, match="rows are one of"):
        Asked(rows="everything")
    assert replace(Asked(), kind="csv").part == "augmented-csv"


def test_a_column_of_groups_that_rows_were_made_without_is_named(tmp_path):
    plan = Plan(
        roles=Roles(
            label="hired", positive="yes", sensitive=("group", "age"), features=("skill", "town", "age")
        ),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        grouping=Grouping(bins={"age": (40,)}),
    )
    data = ingest_frame(people(), tmp_path)
    work = prepare(data, plan)
    for by, left in (("age", True), ("all", False)):
        trial, first = work.try_out(
            MitigationChoice(id="interpolation", params={"seeds": 1, "group_by": by, "target": "cells"})
        )
        files = row_files(first, trial, data, work.plan, Asked(kind="csv"))
        header = files["augmented.csv"].decode().splitlines()[0].split(",")
        assert ("group" not in header) == left
        assert ("they are no features: 'group'." in files["card.md"].decode()) == left
