"""What the command line refuses: one sentence, exit status 2, and no file."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from audit.data.samples import FOLDER
from tests.commands import BASIC, frame, run


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    frame().to_csv(path, index=False)
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


# What a pickled {"a": 1} looks like; nothing here ever loads one.
PICKLE = b"\x80\x04\x95\n\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s."


def write_file(tmp_path, content, name="data.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table_with(tmp_path, **columns):
    path = tmp_path / "changed.csv"
    frame().assign(**columns).to_csv(path, index=False)
    return path


def sample_model(kind):
    return FOLDER / "models" / f"adult_logistic.{kind}"


def truncated_onnx(tmp_path):
    whole = sample_model("onnx").read_bytes()
    return write_file(tmp_path, whole[: len(whole) // 2], "model.onnx")


def a_pickle(tmp_path, name):
    return write_file(tmp_path, PICKLE, name)


REFUSED = {
    "empty file": (lambda p: write_file(p, ""), BASIC, "is empty"),
    "header only": (lambda p: write_file(p, "label,decision,group\n"), BASIC, "no rows"),
    "binary junk": (lambda p: write_file(p, bytes(range(256)) * 40), BASIC, ""),
    "broken quoting": (lambda p: write_file(p, 'label,decision,group\n1,1,"a\n0,0,b\n' * 3), BASIC, "quot"),
    "label not binary": (lambda p: table_with(p, label=np.arange(400) % 3), BASIC, "not binary"),
    "label all missing": (lambda p: table_with(p, label=None), BASIC, "empty"),
    "decision all missing": (lambda p: table_with(p, decision=None), BASIC, "empty"),
    "probabilities": (lambda p: table_with(p, decision=np.linspace(0, 1, 400)), BASIC, "probabilities"),
    "unknown positive": (table_with, [*BASIC, "--positive", "yes"], "no value 'yes'"),
    "unknown decision": (table_with, [*BASIC, "--decision-positive", "ja"], "no value 'ja'"),
    "unknown column": (table_with, [*BASIC, "--sensitive", "gruop"], "Did you mean 'group'?"),
    "too many groups": (
        lambda p: table_with(p, group=[f"g{i}" for i in range(400)]),
        BASIC,
        "at most 200",
    ),
    "pickle": (lambda p: a_pickle(p, "data.pkl"), BASIC, "ickle"),
    "pickle called csv": (lambda p: a_pickle(p, "data.csv"), BASIC, "ickle"),
    "missing file": (lambda p: p / "nothing.csv", BASIC, "is not there"),
    "negative weight": (lambda p: table_with(p, weight=-1), [*BASIC, "--weight", "weight"], "negative"),
    "infinite weight": (
        lambda p: table_with(p, weight=[np.inf, *[1.0] * 399]),
        [*BASIC, "--weight", "weight"],
        "not finite",
    ),
    "weights of zero": (
        lambda p: table_with(p, weight=0),
        [*BASIC, "--weight", "weight"],
        "Every weight of the audited rows is 0",
    ),
    "score of words": (
        lambda p: table_with(p, score="high"),
        ["--label", "label", "--score", "score", "--sensitive", "group"],
        "does not hold numbers",
    ),
    "no label": (table_with, ["--decision", "decision", "--sensitive", "group"], "No label"),
    "no sensitive": (table_with, ["--label", "label", "--decision", "decision"], "No sensitive"),
    "no decisions": (table_with, ["--label", "label", "--sensitive", "group"], "no decisions"),
    "two sources": (table_with, [*BASIC, "--model", "m.onnx"], "more than one place"),
    "unknown option": (table_with, [*BASIC, "--fair"], "not understood"),
    "unknown baseline": (table_with, [*BASIC, "--train", "magic"], "not understood"),
    "unknown criterion": (table_with, [*BASIC, "--tolerance", "parity=0.1"], "tolerance"),
    "tolerance of words": (
        table_with,
        [*BASIC, "--tolerance", "equal_opportunity=low"],
        "no number",
    ),
    "tolerance too large": (
        table_with,
        [*BASIC, "--tolerance", "equal_opportunity=7"],
        "0 to 1",
    ),
    "threshold of nothing": (
        table_with,
        ["--label", "label", "--score", "score", "--threshold", "nan", "--sensitive", "group"],
        "threshold",
    ),
    "control by the feature itself": (
        table_with,
        [*BASIC, "--control", "group"],
        "nothing is left to compare",
    ),
    "cluster of labels": (table_with, [*BASIC, "--cluster", "label"], "cluster column and something else"),
    "cluster of groups": (table_with, [*BASIC, "--cluster", "group"], "cluster column and something else"),
    "feature that is the label": (
        table_with,
        [*BASIC, "--features", "label"],
        "both a feature and an outcome",
    ),
    "search by nothing": (table_with, [*BASIC, "--search-by", "error_rate"], "--search"),
    "regret of numbers": (table_with, [*BASIC, "--regret", "--task", "regression"], "is not trained"),
    "minimum size of 0": (table_with, [*BASIC, "--min-size", "0"], "min_size"),
    "negative seed": (table_with, [*BASIC, "--seed", "-1"], "seed"),
    "unknown mitigation": (table_with, [*BASIC, "--mitigate", "magic"], "magic"),
    "unknown reference": (table_with, [*BASIC, "--reference", "zz"], "reference group"),
    "unknown reference of a column": (
        table_with,
        [*BASIC, "--reference", "group=zz"],
        "reference group",
    ),
    "plan nested too deep": (table_with, ["--plan", "DEEP"], "nested far too deep"),
    "plan with an endless number": (table_with, ["--plan", "HUGE"], "not a number"),
    "plan with half a character": (table_with, ["--plan", "HALF"], "half a character"),
    "path too long": (lambda p: p / ("x" * 5000), BASIC, "is not there"),
    "a folder without a table": (lambda p: p, BASIC, "holds no table"),
    "weights whose squares vanish": (
        lambda p: table_with(p, weight=1e-200),
        [*BASIC, "--weight", "weight"],
        "far too small",
    ),
    "test rows without weight": (
        lambda p: table_with(p, weight=(frame()["split"] == "train").astype(int)),
        [
            *("--label", "label", "--sensitive", "group", "--train", "logistic_regression"),
            *("--split", "split", "--weight", "weight"),
        ],
        "Every weight of the audited rows is 0",
    ),
    "missing plan": (table_with, ["--plan", "nothing.json"], "cannot be read"),
    "missing model": (
        table_with,
        ["--label", "label", "--sensitive", "group", "--model", "nothing.onnx"],
        "is not there",
    ),
}


# Plans that break a careless reader of JSON.
PLANS = {
    "DEEP": "[" * 100_000,
    "HUGE": '{"seed": 1' + "0" * 400 + "}",
    "HALF": '{"about": {"title": "\\ud800"}}',
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("existing", [False, True])
def test_bad_input_ends_with_2_and_one_sentence(tmp_path, out, capsys, case, existing):
    make, words, sentence = REFUSED[case]
    if existing:
        out.mkdir()
    words = [str(write_file(tmp_path, PLANS[word], "odd.json")) if word in PLANS else word for word in words]
    assert run(make(tmp_path), out, *words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1, said.err
    assert said.err.endswith("\n")
    assert sentence in said.err, said.err
    assert "Traceback" not in said.err
    assert str(tmp_path) not in said.err
    assert (list(out.iterdir()) == []) if existing else (not out.exists())


def from_another_version(path):
    """A skops file that says it was written by another release of scikit-learn."""
    target = path / "old.skops"
    with zipfile.ZipFile(sample_model("skops")) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "schema.json":
                import sklearn

                content = content.replace(sklearn.__version__.encode(), b"0.22.1")
            copy.writestr(name, content)
    return target


@pytest.mark.parametrize(
    "make",
    [
        truncated_onnx,
        lambda p: a_pickle(p, "m.skops"),
        lambda p: a_pickle(p, "m.onnx"),
        lambda p: a_pickle(p, "m.pkl"),
    ],
    ids=["truncated onnx", "pickle called skops", "pickle called onnx", "pickle"],
)
def test_models_that_cannot_be_used_are_refused(tmp_path, data, out, capsys, make):
    words = ["--label", "label", "--sensitive", "group", "--model", str(make(tmp_path))]
    assert run(data, out, *words) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1, said
    assert "Traceback" not in said
    assert not out.exists()


def test_a_model_from_another_library_version_is_refused(tmp_path, out, capsys):
    words = ["--label", "income", "--positive", ">50K", "--sensitive", "sex"]
    data = FOLDER / "models" / "adult_test.csv"
    assert run(data, out, *words, "--model", str(from_another_version(tmp_path))) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1, said
    assert "0.22.1" in said
    assert not out.exists()


def test_out_may_not_be_a_file(data, tmp_path, capsys):
    assert run(data, data, *BASIC) == 2
    assert "not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["under a file", "too long", "nowhere", "round in a circle"])
def test_out_that_cannot_be_made_is_refused_before_anything_is_computed(
    data, tmp_path, capsys, monkeypatch, where
):
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    out = {
        "under a file": data / "results",
        "too long": tmp_path / ("x" * 300),
        "nowhere": tmp_path / "nowhere",
        "round in a circle": tmp_path / "circle",
    }[where]
    monkeypatch.setattr("audit.run.run", lambda *_, **__: pytest.fail("it was computed"))
    assert run(data, out, *BASIC) == 2
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert len(said.splitlines()) == 1


def test_a_folder_in_the_place_of_a_file_is_refused_and_nothing_is_written(data, out, capsys):
    (out / "plan.json").mkdir(parents=True)
    assert run(data, out, *BASIC) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("epoch", ["yesterday", "9" * 20])
def test_a_date_in_the_environment_that_is_none_is_refused(data, out, capsys, monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert run(data, out, *BASIC) == 2
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err
    assert not out.exists()
