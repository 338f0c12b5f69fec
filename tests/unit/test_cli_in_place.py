"""The command line on data that lie in place: folders, patterns, several files, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from audit import cli
from tests.commands import BASIC, frame, run, written

ROOT = Path(__file__).resolve().parents[2]

# ---- data in place


@pytest.fixture
def parts(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    whole = frame(900, gap=0.3)
    for i in range(3):
        whole.iloc[i * 300 : (i + 1) * 300].to_parquet(folder / f"part-{i}.parquet", index=False)
    whole.to_parquet(tmp_path / "whole.parquet", index=False)
    return folder


def numbers(out):
    audit = written(out)
    return {part: audit[part] for part in ("metrics", "disparities", "cells", "rows")}


def test_a_folder_a_pattern_and_several_files_are_one_table(parts, tmp_path):
    status = run(tmp_path / "whole.parquet", tmp_path / "whole", *BASIC)
    ways = {
        "folder": [str(parts)],
        "pattern": [str(parts / "part-*.parquet")],
        "files": [str(path) for path in sorted(parts.iterdir())],
    }
    for name, data in ways.items():
        out = tmp_path / name
        words = ["run", "--out", str(out), "--quiet", *BASIC, "--data", *data]
        assert cli.main(words) == status, name
        assert numbers(out) == numbers(tmp_path / "whole"), name
        record = written(out)["data"]
        assert (record["engine"], record["fingerprint_kind"]) == ("duckdb", "files")


def test_one_file_in_place_has_the_fingerprint_of_its_bytes(parts, tmp_path, capsys):
    whole = tmp_path / "whole.parquet"
    run(whole, tmp_path / "read", *BASIC)
    run(whole, tmp_path / "lies", *BASIC, "--in-place")
    assert numbers(tmp_path / "read") == numbers(tmp_path / "lies")
    read, lies = (written(tmp_path / name)["data"] for name in ("read", "lies"))
    assert read["fingerprint"] == lies["fingerprint"]
    assert (read["engine"], lies["engine"]) == ("", "duckdb")
    from tests.browser.steps import pdf_text

    text = pdf_text(tmp_path / "lies" / "report.pdf")
    assert "Counted in place by DuckDB" in text
    assert "read in place by DuckDB; no row is copied or loaded" in text


def test_a_model_on_data_in_place_says_that_it_saw_a_sample(tmp_path):
    data = tmp_path / "many.parquet"
    frame(3_000).to_parquet(data, index=False)
    words = [*BASIC[:4], "--sensitive", "group", "--features", "x", "age", "--train", "logistic_regression"]
    run(data, tmp_path / "out", *words, "--in-place", "--sample-rows", "1000")
    audit = written(tmp_path / "out")
    assert audit["data"]["sample"] == 1_000
    assert audit["plan"]["sample_rows"] == 1_000
    assert audit["rows"]["dropped"][0] == {"reason": "outside the sample, drawn by the seed", "n": 2_000}
    assert any("sample of 1,000 of the 3,000 rows" in note for note in audit["data"]["notes"])


def test_a_folder_is_repeated_from_its_plan(parts, tmp_path):
    run(parts, tmp_path / "first", *BASIC)
    run(parts, tmp_path / "again", "--plan", str(tmp_path / "first" / "plan.json"))
    first, again = ((tmp_path / name / "audit.json").read_bytes() for name in ("first", "again"))
    assert first == again


def odd_folder(tmp_path, name, **files):
    folder = tmp_path / name
    folder.mkdir()
    for file, content in files.items():
        path = folder / file.replace("__", ".")
        path.write_bytes(content) if isinstance(content, bytes) else content.to_parquet(path, index=False)
    return folder


IN_PLACE = {
    "no such folder": (lambda p: p / "nothing" / "*.parquet", [], "No file matches"),
    "an empty folder": (lambda p: odd_folder(p, "empty"), [], "holds no table"),
    "mixed formats": (
        lambda p: odd_folder(p, "mixed", a__csv=b"label,decision,group\n1,1,a\n", b__parquet=frame(20)),
        [],
        "more than one format",
    ),
    "other columns": (
        lambda p: odd_folder(p, "other", a__parquet=frame(20), b__parquet=frame(20).drop(columns="group")),
        [],
        "b.parquet",
    ),
    "other types": (
        lambda p: odd_folder(p, "types", a__parquet=frame(20), b__parquet=frame(20).astype({"age": str})),
        [],
        "age",
    ),
    "a broken part": (
        lambda p: odd_folder(p, "broken", a__parquet=frame(20), b__parquet=b"PAR1 no"),
        [],
        "b.parquet",
    ),
    "a pickle among tables": (
        lambda p: odd_folder(p, "pickles", a__parquet=frame(20), b__parquet=b"\x80\x04K\x01."),
        [],
        "ickle",
    ),
    "UTF-16": (
        lambda p: odd_folder(p, "wide", a__csv="label,decision,group\n1,1,ä\n".encode("utf-16")) / "a.csv",
        ["--in-place"],
        "It is written in UTF-16, and text that is counted in place has to be UTF-8. Save it as UTF-8, or read it into",
    ),
    "Windows-1252": (
        lambda p: odd_folder(p, "west", a__csv="label,decision,group\n1,1,ä\n".encode("cp1252")) / "a.csv",
        ["--in-place"],
        "It is written in another encoding, such as Windows-1252,",
    ),
    "Windows-1252 further down": (
        lambda p: (
            odd_folder(
                p, "deep", a__csv=b"label,decision,group\n" + 150_000 * b"1,1,a\n" + 40_000 * b"1,0,\xe4\n"
            )
            / "a.csv"
        ),
        ["--in-place"],
        "It is written in another encoding, such as Windows-1252,",
    ),
    "one broken file": (
        lambda p: odd_folder(p, "alone", a__parquet=b"PAR1 no") / "a.parquet",
        ["--in-place"],
        "It is cut off, damaged or something else than its name says. Save it again.\n",
    ),
    "an unknown engine": (
        lambda p: odd_folder(p, "f", a__parquet=frame(20)),
        ["--engine", "oracle"],
        "oracle",
    ),
    "two engines": (
        lambda p: odd_folder(p, "f", a__parquet=frame(20)),
        ["--engine", "duckdb", "--master", "local[1]"],
        "--engine spark",
    ),
    "in place and not": (
        lambda p: odd_folder(p, "f", a__parquet=frame(20)),
        ["--no-in-place", "--engine", "duckdb"],
        "Leave out one of them",
    ),
    "several files read whole": (
        lambda p: odd_folder(p, "f", a__parquet=frame(20), b__parquet=frame(20)),
        ["--no-in-place"],
        "Several files",
    ),
    "a sample of ten": (
        lambda p: odd_folder(p, "f", a__parquet=frame(20)),
        ["--sample-rows", "10"],
        "1,000 to 5,000,000",
    ),
}


@pytest.mark.parametrize("case", IN_PLACE)
def test_what_cannot_be_audited_in_place_is_one_sentence(tmp_path, capsys, case):
    make, words, sentence = IN_PLACE[case]
    out = tmp_path / "out"
    assert run(make(tmp_path), out, *BASIC, *words) == 2
    said = capsys.readouterr().err
    assert sentence in said, said
    assert len(said.splitlines()) == 1
    assert not out.exists()


def test_files_of_two_formats_are_told_of_together(parts, tmp_path, capsys):
    (tmp_path / "one.csv").write_text("label,decision,group\n1,1,a\n")
    words = ["run", "--out", str(tmp_path / "out"), *BASIC, "--data", str(parts / "part-0.parquet")]
    assert cli.main([*words, str(tmp_path / "one.csv")]) == 2
    assert capsys.readouterr().err.startswith(
        "The paths together hold files of more than one format: 'CSV', 'Parquet'."
    )


def test_a_file_that_is_named_twice_is_counted_once_and_said_to_be(parts, tmp_path):
    one = str(parts / "part-0.parquet")
    cli.main(["run", "--out", str(tmp_path / "out"), "--quiet", *BASIC, "--data", one, one])
    record = written(tmp_path / "out")["data"]
    assert record["read"] == 300
    assert "Named more than once and counted once: 'part-0.parquet'." in record["notes"]


def test_running_out_of_memory_or_disk_says_what_to_do(tmp_path, capsys, monkeypatch):
    from audit.engines import catalogue
    from audit.errors import EngineError

    class Poor:
        name = "duckdb"

        def watched(self, _progress):
            return self

        def look(self, _source):
            raise EngineError("The disk is full.", fix="Free some room.", code="engine_disk")

    monkeypatch.setattr("audit.data.inplace.make", lambda *_: Poor())
    assert catalogue.make
    folder = odd_folder(tmp_path, "f", a__parquet=frame(20))
    assert run(folder, tmp_path / "out", *BASIC) == 70
    assert "Free some room." in capsys.readouterr().err


def test_spark_connect_says_what_it_needs(tmp_path):
    if find_spec("pyspark") is None or find_spec("grpc") is not None:
        pytest.skip("Spark Connect can be spoken to here")
    # A process of its own: asking for Spark Connect turns every later session into one of it.
    words = ["--data", "spark:people", "--master", "sc://127.0.0.1:9", "--out", str(tmp_path / "out")]
    roles = ["--label", "y", "--decision", "d", "--sensitive", "g"]
    ended = subprocess.run(
        [sys.executable, "-m", "audit", "run", *words, *roles],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "Spark Connect is not installed." in ended.stderr
    assert "pyspark[connect]" in ended.stderr
