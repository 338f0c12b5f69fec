"""Data folders: what they show, and that nothing leads out of them."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from audit.data import folders, places
from audit.data.folders import checked, data_folders, inside, listing, offered, parquet_rows
from audit.data.places import find_all, find_files
from audit.errors import InputError


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """A data folder beside a secret one."""
    root = tmp_path / "people"
    root.mkdir()
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "salaries.csv").write_text("a,b\n1,2\n")
    pd.DataFrame({"a": [1, 2, 3]}).to_parquet(root / "one.parquet")
    monkeypatch.setenv(folders.VARIABLE, str(root))
    return root


def code(call, *args):
    with pytest.raises(InputError) as caught:
        call(*args)
    return caught.value.code


def test_without_the_variable_there_are_no_folders(monkeypatch):
    monkeypatch.delenv(folders.VARIABLE, raising=False)
    assert data_folders() == ()
    monkeypatch.setenv(folders.VARIABLE, f" {os.pathsep} ")
    assert data_folders() == ()


def test_folders_are_named_once_and_say_why_they_cannot_be_read(tmp_path, monkeypatch):
    for name in ("a/data", "b/data"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "a/data")
    named = [tmp_path / name for name in ("a/data", "link", "b/data", "gone", "file")]
    monkeypatch.setenv(folders.VARIABLE, os.pathsep.join(map(str, named)))
    found = data_folders()
    assert [folder.name for folder in found] == ["data", "data (2)", "gone", "file"]
    assert [folder.reason for folder in found[:2]] == ["", ""]
    assert "does not exist" in found[2].reason
    assert "not a folder" in found[3].reason


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../secret",
        "../secret/salaries.csv",
        "sub/../../secret",
        "/etc/passwd",
        "~/x",
        ".hidden",
        "a\\..\\b",
        "a\0b",
    ],
)
def test_no_path_leads_out(offer, path):
    assert code(inside, offer, path) == "outside_folder"


def test_no_link_leads_out(offer, tmp_path):
    (offer / "out.csv").symlink_to(tmp_path / "secret" / "salaries.csv")
    (offer / "elsewhere").symlink_to(tmp_path / "secret")
    (offer / "round").symlink_to(offer / "round")
    (offer / "in.parquet").symlink_to(offer / "one.parquet")
    (offer / ".kept").mkdir()
    (offer / ".kept" / "x.csv").write_text("a\n1\n")
    (offer / "to_hidden.csv").symlink_to(offer / ".kept" / "x.csv")
    for name in ("out.csv", "elsewhere", "elsewhere/salaries.csv", "to_hidden.csv"):
        assert code(inside, offer, name) == "outside_folder", name
    assert code(inside, offer, "round") == "file_not_found"
    assert inside(offer, "in.parquet") == offer / "one.parquet"
    shown = listing(offer)
    assert [entry.name for entry in shown.entries] == ["in.parquet", "one.parquet"]
    assert shown.others == 5
    assert code(find_files, str(offer / "out.csv"), offer) == "outside_folder"


def test_a_link_that_changed_since_it_was_listed_is_refused(offer, tmp_path):
    place = inside(offer, "one.parquet")
    place.unlink()
    place.symlink_to(tmp_path / "secret" / "salaries.csv")
    assert code(checked, place, offer) == "outside_folder"


def test_a_sibling_whose_name_begins_alike_is_outside(offer, tmp_path):
    (tmp_path / "people2").mkdir()
    (tmp_path / "people2" / "x.csv").write_text("a\n1\n")
    (offer / "x.csv").symlink_to(tmp_path / "people2" / "x.csv")
    assert code(inside, offer, "x.csv") == "outside_folder"


def test_a_folder_that_is_not_offered_any_more(offer, monkeypatch):
    assert offered(str(offer)) == offer
    monkeypatch.setenv(folders.VARIABLE, str(offer.parent / "secret"))
    assert code(offered, str(offer)) == "outside_folder"


def test_listing_shows_folders_and_tables_by_name(offer):
    (offer / "b").mkdir()
    (offer / "A").mkdir()
    (offer / "z.CSV").write_text("a\n1\n")
    (offer / "notes.txt").write_text("x")
    (offer / "_SUCCESS.parquet").write_text("")
    (offer / ".secret.parquet").write_text("")
    os.mkfifo(offer / "pipe.csv")
    (offer / os.fsdecode(b"odd\xff.csv")).write_text("a\n1\n")
    found = listing(offer)
    assert [(entry.name, entry.kind, entry.format) for entry in found.entries] == [
        ("A", "folder", ""),
        ("b", "folder", ""),
        ("one.parquet", "file", "Parquet"),
        ("z.CSV", "file", "CSV"),
    ]
    assert found.others == 5
    assert found.complete
    assert found.files[1].n_bytes == 4


def test_a_folder_of_very_many_names_is_looked_at_in_part(offer, monkeypatch):
    monkeypatch.setattr(folders, "MOST_NAMES", 20)
    for i in range(40):
        (offer / f"{i}.csv").touch()
    found = listing(offer)
    assert not found.complete
    assert len(found.entries) <= 20


def test_rows_of_a_parquet_file_without_reading_them(offer, tmp_path):
    assert parquet_rows(offer, "one.parquet") == 3
    (offer / "bad.parquet").write_bytes(b"PAR1 and no more")
    (offer / "huge.parquet").write_bytes(b"PAR1" + (2**31 - 1).to_bytes(4, "little") + b"PAR1")
    assert parquet_rows(offer, "bad.parquet") is None
    assert parquet_rows(offer, "huge.parquet") is None
    (offer / "out.parquet").symlink_to(tmp_path / "secret" / "salaries.csv")
    assert parquet_rows(offer, "out.parquet") is None


# ---- which files a path means, on the command line


def table(folder, *names):
    for name in names:
        (folder / name).write_text("a\n1\n")
    return folder


def named(paths):
    return [path.name for path in paths]


def test_a_file_a_folder_and_a_pattern(tmp_path):
    table(tmp_path, "b.csv", "a.csv", ".hidden.csv", "_part.csv", "readme.md")
    assert named(find_files(str(tmp_path / "a.csv"))) == ["a.csv"]
    assert named(find_files(str(tmp_path))) == ["a.csv", "b.csv"]
    assert named(find_files(str(tmp_path / "*.csv"))) == ["a.csv", "b.csv"]
    assert named(find_all([str(tmp_path / "b.csv"), str(tmp_path / "a.csv"), str(tmp_path / "a.csv")])) == [
        "a.csv",
        "b.csv",
    ]


def test_a_name_with_marks_of_a_pattern_is_taken_literally(tmp_path):
    table(tmp_path, "a1.csv", "a[1].csv", "q?.csv", "qx.csv", "*.csv")
    for name in ("a[1].csv", "q?.csv", "*.csv"):
        assert named(find_files(str(tmp_path / name))) == [name]


def test_what_is_refused(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    assert code(find_files, str(tmp_path / "empty")) == "empty_folder"
    assert code(find_files, str(tmp_path / "nothing.csv")) == "file_missing"
    assert code(find_files, str(tmp_path / "*.csv")) == "file_missing"
    assert code(find_files, str(tmp_path / ("x" * 5000))) == "file_missing"
    assert code(find_files, "a\0b") == "file_missing"
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    table(mixed, "a.csv", "b.parquet")
    assert code(find_files, str(mixed)) == "mixed_formats"
    assert code(find_files, str(mixed / "*")) == "mixed_formats"
    parted = tmp_path / "parted"
    (parted / "sex=f").mkdir(parents=True)
    assert code(find_files, str(parted)) == "parted_folder"
    os.mkfifo(tmp_path / "pipe.csv")
    assert code(find_files, str(tmp_path / "pipe.csv")) == "file_missing"
    many = tmp_path / "many"
    many.mkdir()
    table(many, *(f"{i}.csv" for i in range(30)))
    monkeypatch.setattr(places, "MOST_FILES", 20)
    assert code(find_files, str(many)) == "too_many_files"
    assert code(find_files, str(many / "*.csv")) == "too_many_files"


def test_a_link_in_a_folder_may_not_lead_out_of_it(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    table(inner, "a.csv")
    table(tmp_path, "other.csv")
    (inner / "b.csv").symlink_to(tmp_path / "other.csv")
    assert code(find_files, str(inner)) == "outside_folder"
    assert named(find_files(str(inner / "b.csv"))) == [
        "other.csv"
    ]  # named itself, it is what the reader asked for
