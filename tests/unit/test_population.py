"""A table of the population is read, or refused with one sentence on how to mend it."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from audit.errors import InputError
from audit.plan import Plan
from audit.population import match, read_population, template


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("column,group,share\nsex,Male,0.49\nsex,Female,0.51\n", {"Male": 0.49, "Female": 0.51}),
        ("Column;Group;Count\nSEX;Male;10\nSEX;Female;30\n", {"Male": 10, "Female": 30}),
        ("group\tpercent\nMale\t49 %\nFemale\t51 %\n", {"Male": 49, "Female": 51}),
        ("sex,share\nMale,0.495\nFemale,0.5\n", {"Male": 0.495, "Female": 0.5}),
        ('group,people\nMale,"1,000"\nFemale,"2,000"\n', {"Male": 1000, "Female": 2000}),
        ("group,n,share\n1,5,.25\n2,15,.75\n", {"1": 0.25, "2": 0.75}),
    ],
)
def test_tables_that_are_understood(text, expected):
    found = read_population(text.encode(), ["sex"])
    assert found == {"sex": expected}
    assert Plan(population=found).population == found


def test_several_columns_in_one_table():
    text = "column,group,share\nsex,m,1\nrace,x,0.5\nrace,y,0.5\n"
    assert read_population(text.encode(), ["race", "sex"]) == {"sex": {"m": 1}, "race": {"x": 0.5, "y": 0.5}}


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "path"])
def test_other_kinds_of_file(kind, tmp_path):
    frame = pd.DataFrame({"column": ["sex"] * 2, "group": ["m", "f"], "share": [0.4, 0.6]})
    target = io.BytesIO()
    if kind == "path":
        frame.to_csv(tmp_path / "p.csv", index=False)
        source = tmp_path / "p.csv"
    elif kind == "parquet":
        frame.to_parquet(target)
        source = target.getvalue()
    else:
        frame.to_excel(target, index=False)
        source = target.getvalue()
    assert read_population(source, ["sex"]) == {"sex": {"m": 0.4, "f": 0.6}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no column called share"),
        ("what,share\nm,1\n", "no column called group"),
        ("column,group,share\nsexx,m,1\n", "Did you mean 'sex'?"),
        ("column,group,share\n,m,1\n", "no sensitive feature"),
        ("group,share\nm,0.4\nf,0.4\n", "add up to 0.8"),
        ("group,percent\nm,40\nf,40\n", "add up to 80"),
        ("group,share\nm,0.5\nm,0.5\n", "'m' of 'sex' twice"),
        ("group,share\nm,-1\nf,2\n", "Line 2"),
        ("group,share\nm,1\nf,much\n", "Line 3"),
        ("group,share\nm,1\nf,inf\n", "Line 3"),
        ("group,share\nm,1\nf,\n", "Line 3"),
        ("group,share\n,1\n", "names no group"),
        ("group,count\nm,0\nf,0\n", "no people at all"),
        ("group,share\n", "no rows"),
    ],
)
def test_tables_that_are_refused(text, said):
    with pytest.raises(InputError) as caught:
        read_population(text.encode(), ["sex"])
    assert said in str(caught.value)
    assert caught.value.fix.endswith((".", "?"))


def test_a_table_for_one_of_several_columns_has_to_say_which():
    with pytest.raises(InputError, match="no column called column"):
        read_population(b"group,share\nm,1\n", ["sex", "race"])


def test_an_endless_table_is_refused():
    text = "group,count\n" + "".join(f"g{i},1\n" for i in range(10_001))
    with pytest.raises(InputError, match="10,001 lines"):
        read_population(text.encode(), ["sex"])


def test_a_pickle_is_refused():
    with pytest.raises(InputError):
        read_population(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.", ["sex"])


def test_groups_take_the_names_of_the_data_and_unknown_ones_are_told():
    found, remarks = match({"sex": {"MALE": 49, "Femal": 51, "x": 0}}, {"sex": ["Male", "Female"]})
    assert found == {"sex": {"Male": 49, "Femal": 51, "x": 0}}
    assert len(remarks) == 2
    assert remarks[0].endswith("Did you mean 'Female'?")
    assert match({"sex": {"Male": 1}}, {"sex": ["Male"]}) == ({"sex": {"Male": 1}}, ())


def test_the_table_to_fill_in_can_be_read_once_it_is_filled():
    levels = {'se,x "q"': ["=cmd()", "b", "👩🏽"], "race": ["L" * 200]}
    lines = template(levels).splitlines()
    assert "'=cmd()" in lines[1]
    filled = "\n".join([lines[0], *(line + "1" for line in lines[1:])]).replace("share", "count")
    assert read_population(filled.encode(), list(levels)) == {
        column: dict.fromkeys(groups, 1.0) for column, groups in levels.items()
    }
