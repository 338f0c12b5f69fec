"""Model files: recognised by content, refused when they cannot be trusted, checked against the data."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle  # noqa: TID251 - made here to be refused
import re
import warnings
import zipfile
import zlib
from functools import partial

import numpy as np
import pandas as pd
import pytest

from audit.data.dataset import ColumnProfile
from audit.errors import ModelError
from audit.models.skops_file import inspect_skops
from audit.models.sniff import sniff
from audit.models.trusted import TRUSTED_TYPES
from audit.models.upload import ModelInfo, ModelInput, ModelOutput, check_model, columns_for, inspect_model

LIMIT = 2**30


class Trap:
    """What a hostile pickle does when it is opened."""

    def __reduce__(self):
        return (print, ("opened",))


class Data:
    """The part of a data set that checking a model needs."""

    def __init__(self, **columns):
        self.columns = columns
        self.names = tuple(columns)

    def column(self, name):
        kind, dtype, levels = self.columns[name]
        return ColumnProfile(
            name=name,
            kind=kind,
            dtype=dtype,
            n_missing=0,
            n_distinct=len(levels),
            levels=tuple((v, 1) for v in levels),
        )


NUMBER = ("numeric", "int64", ())
DATA = Data(
    age=NUMBER,
    sex=("binary", "string", ("F", "M")),
    flag=("binary", "bool", ("False", "True")),
    coded=("categorical", "string", ("1", "2", "3")),
    born=("date", "date32[day]", ("2000-01-01",)),
    empty=("empty", "null", ()),
)


def training_rows(n=120):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"age": draw.normal(size=n), "sex": draw.choice(["F", "M"], n)})
    return frame, np.where(frame["age"] + (frame["sex"] == "F") > 0.3, "yes", "no")


def pipeline(classifier):
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    levels = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(make_column_transformer((StandardScaler(), ["age"]), (levels, ["sex"])), classifier)


def save(estimator, path):
    import skops.io

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        skops.io.dump(estimator, path)
    return path


def logistic(path):
    from sklearn.linear_model import LogisticRegression

    return save(pipeline(LogisticRegression()).fit(*training_rows()), path)


def edited(path, change):
    """Rewrite the schema of a skops file."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = parts["schema.json"].decode()
    assert change(schema) != schema
    parts["schema.json"] = change(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refusal(call, *args, **kwargs):
    with pytest.raises(ModelError) as caught:
        call(*args, **kwargs)
    assert caught.value.why
    assert caught.value.fix
    return caught.value


def pickles():
    plain = pickle.dumps(Trap())
    torch_like = io.BytesIO()
    with zipfile.ZipFile(torch_like, "w") as archive:
        archive.writestr("model/data.pkl", plain)
    yield from (pytest.param(pickle.dumps(Trap(), protocol=p), id=f"protocol {p}") for p in range(6))
    yield pytest.param(pickle.dumps(LogisticLike()), id="object")
    for pack in (
        gzip.compress,
        zlib.compress,
        bz2.compress,
        lzma.compress,
        partial(lzma.compress, format=lzma.FORMAT_ALONE),
    ):
        yield pytest.param(pack(plain), id=f"packed {getattr(pack, '__module__', 'lzma alone')}")
    yield pytest.param(b"\x04\x22\x4d\x18" + plain, id="lz4")


class LogisticLike:
    def __init__(self):
        self.coef_ = list(range(100))


@pytest.mark.parametrize("content", list(pickles()))
@pytest.mark.parametrize("name", ["model.onnx", "model.skops"])
def test_a_pickle_is_refused_however_it_is_named(content, name, tmp_path, capsys):
    path = tmp_path / name
    path.write_bytes(content)
    error = refusal(inspect_model, path, name=name)
    assert error.code == "pickle_refused"
    assert "skops.io.dump" in error.fix
    assert "to_onnx" in error.fix
    assert capsys.readouterr().out == ""


def test_a_torch_archive_is_refused_as_a_pickle(tmp_path):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(Trap()))
    assert refusal(inspect_skops, path, name="model.skops", limit=LIMIT).code == "pickle_refused"


def test_an_empty_file_and_an_oversize_file_are_refused(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"")
    assert refusal(inspect_model, path, name="model.onnx").code == "model_unreadable"
    path.write_bytes(b"0" * 2000)
    error = refusal(inspect_model, path, name="model.onnx", limit=1000)
    assert error.code == "model_too_large"


def test_text_and_onnx_are_not_taken_for_pickles(tmp_path):
    path = tmp_path / "anything"
    for content in (b"age,sex\n1,F\n", b"\x08\x0a\x12\x08skl2onnx", b"{}", b"(a,b)\n1,2", b"columns"):
        path.write_bytes(content)
        assert sniff(path, name="anything") == "onnx"


def test_a_zip_that_is_no_model_or_is_broken_is_refused(tmp_path):
    path = tmp_path / "table.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    assert refusal(inspect_skops, path, name="table.skops", limit=LIMIT).code == "model_unreadable"
    path.write_bytes(logistic(tmp_path / "whole.skops").read_bytes()[:900])
    assert refusal(inspect_skops, path, name="table.skops", limit=LIMIT).code == "model_unreadable"
    for text in (
        "[" * 100_000,
        "[]",
        "{}",
        '{"protocol": 2, "__loader__": "NoSuchNode", "__class__": "a", "__module__": "b"}',
    ):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("schema.json", text)
        assert refusal(inspect_skops, path, name="table.skops", limit=LIMIT).code == "model_unreadable"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.skops"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("data.npy", bytes(20_000_000))
    assert path.stat().st_size < 30_000
    assert refusal(inspect_skops, path, name="bomb.skops", limit=10_000_000).code == "model_too_large"


def test_a_skops_file_of_another_version_is_refused_with_both_versions(tmp_path):
    from sklearn import __version__ as installed

    path = edited(logistic(tmp_path / "m.skops"), lambda text: text.replace(installed, "1.1.1"))
    error = refusal(inspect_skops, path, name="m.skops", limit=LIMIT)
    assert error.code == "model_version"
    assert "1.1.1" in error.what
    assert installed in error.what
    assert "ONNX" in error.fix
    patch = ".".join([*installed.split(".")[:2], "99"])
    path = edited(logistic(tmp_path / "m.skops"), lambda text: text.replace(installed, patch))
    assert inspect_skops(path, name="m.skops", limit=LIMIT)["named"]


def test_untrusted_types_are_listed_and_refused(tmp_path):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    custom = make_pipeline(FunctionTransformer(partial(np.add, 1)), LogisticRegression())
    path = save(custom.fit(np.arange(20.0).reshape(-1, 1), np.arange(20) % 2), tmp_path / "m.skops")
    error = refusal(inspect_skops, path, name="m.skops", limit=LIMIT)
    assert error.code == "model_untrusted"
    assert "functools.partial" in error.what


@pytest.mark.parametrize("target", ["builtins.eval", "os.system", "operator.methodcaller"])
def test_a_forged_type_is_refused(tmp_path, target):
    module, name = target.rsplit(".", 1)
    genuine = r'"__class__":\s*"LogisticRegression",\s*"__module__":\s*"sklearn.linear_model._logistic"'
    forged = f'"__class__": "{name}", "__module__": "{module}"'
    path = edited(logistic(tmp_path / "m.skops"), lambda text: re.sub(genuine, forged, text))
    error = refusal(inspect_skops, path, name="m.skops", limit=LIMIT)
    assert error.code == "model_untrusted"
    assert target in error.what


def test_the_trusted_list_holds_no_functions():
    from importlib import import_module

    for name in TRUSTED_TYPES:
        module, attribute = name.rsplit(".", 1)
        assert isinstance(getattr(import_module(module), attribute), type), name
        assert module.split(".")[0] in {"sklearn", "numpy"} or module in {
            "audit.models.grouped",
            "audit.models.changed",
        }


def test_a_skops_pipeline_is_described(tmp_path):
    from sklearn import __version__ as installed

    info = inspect_skops(logistic(tmp_path / "m.skops"), name="m.skops", limit=LIMIT)
    assert info["title"] == "Pipeline: ColumnTransformer, LogisticRegression"
    assert info["feature_names"] == ["age", "sex"]
    assert [(item["name"], item["dtype"]) for item in info["inputs"]] == [("age", "number"), ("sex", "text")]
    assert (info["named"], info["n_features"], info["refittable"]) == (True, 2, True)
    assert info["classes"] == ["no", "yes"]
    assert info["versions"]["scikit-learn"] == installed


def test_trees_are_trusted_and_models_without_names_are_counted(tmp_path):
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    table, label = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    for model in (RandomForestClassifier(2, max_depth=2), HistGradientBoostingClassifier(max_iter=2)):
        path = save(model.fit(table, label), tmp_path / "m.skops")
        info = inspect_skops(path, name="m.skops", limit=LIMIT)
        assert (info["named"], info["n_features"]) == (False, 3)
        assert info["classes"] == ["0", "1"]
        assert set(info["untrusted"]) & {
            "sklearn.tree._tree.Tree",
            "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        }


def test_what_does_not_predict_is_refused(tmp_path):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    path = save(StandardScaler().fit([[1.0], [2.0]]), tmp_path / "m.skops")
    assert refusal(inspect_skops, path, name="m.skops", limit=LIMIT).code == "model_output"
    path = save(LogisticRegression(), tmp_path / "m.skops")
    assert refusal(inspect_skops, path, name="m.skops", limit=LIMIT).code == "model_unfitted"


def test_clusters_are_not_decisions(tmp_path):
    from sklearn.cluster import KMeans

    path = save(KMeans(2, n_init=1, random_state=0).fit([[1.0], [2.0], [3.0]]), tmp_path / "m.skops")
    assert "yes-or-no" in str(refusal(inspect_skops, path, name="m.skops", limit=LIMIT))


def info(**changes):
    plain = {"kind": "onnx", "name": "m.onnx", "sha256": "0" * 64}
    return ModelInfo(**{**plain, **changes})


def columns(*inputs):
    """A model that names its columns."""
    sources = tuple(ModelInput(name=name, dtype=dtype) for name, dtype in inputs)
    names = tuple(name for name, _ in inputs)
    return info(inputs=sources, named=True, n_features=len(inputs), feature_names=names)


def test_the_description_survives_json():
    full = columns(("age", "number"), ("sex", "text"))
    full = ModelInfo.from_dict({**full.to_dict(), "versions": {"scikit-learn": "1.9.1"}, "notes": ["a"]})
    assert ModelInfo.from_dict(json.loads(json.dumps(full.to_dict()))) == full


def test_named_inputs_have_to_be_columns():
    check_model(columns(("age", "number"), ("sex", "text")), DATA, ["coded"])
    error = refusal(check_model, columns(("age", "number"), ("sexx", "text"), ("zip", "text")), DATA, ["age"])
    assert error.code == "model_features"
    assert "'sexx'" in error.what
    assert "'zip'" in error.what
    assert "Did you mean 'sex'?" in error.fix


@pytest.mark.parametrize("name", ["age", "flag", "coded", "empty"])
def test_columns_that_read_as_numbers_fit_a_number(name):
    check_model(columns((name, "number"), ("sex", "any")), DATA, [])


@pytest.mark.parametrize("name", ["sex", "born"])
def test_text_and_dates_do_not_fit_a_number(name):
    error = refusal(check_model, columns(("age", "number"), (name, "integer")), DATA, [])
    assert error.code == "model_types"
    assert f"'{name}'" in error.what


def test_a_single_tensor_needs_the_right_number_of_features():
    tensor = info(inputs=(ModelInput(name="X", dtype="number", width=2),), n_features=2)
    check_model(tensor, DATA, ["age", "flag"])
    assert refusal(check_model, tensor, DATA, ["age"]).code == "model_width"
    assert refusal(check_model, tensor, DATA, ["age", "sex"]).code == "model_types"
    assert refusal(check_model, tensor, DATA, ["age", "none"]).code == "model_features"
    assert refusal(check_model, tensor, DATA, ["age", "age"]).code == "model_features"
    dynamic = info(inputs=(ModelInput(name="X", dtype="number", width=None),))
    check_model(dynamic, DATA, ["age", "flag", "coded"])
    assert refusal(check_model, dynamic, DATA, ["age", "sex"]).code == "model_types"


def test_a_single_narrow_input_finds_its_column():
    narrow = info(inputs=(ModelInput(name="age", dtype="number", width=1),), n_features=1)
    assert columns_for(narrow, ["sex", "flag"], DATA.names) == ("age",)
    assert columns_for(narrow, ["flag"], DATA.names) == ("flag",)
    check_model(narrow, DATA, ["sex", "flag"])


def test_three_classes_are_refused_before_anything_is_run():
    for model in (
        info(classes=("a", "b", "c")),
        info(outputs=(ModelOutput(name="p", kind="numbers", width=3),)),
    ):
        assert refusal(check_model, model, DATA, ["age"]).code == "model_output"
