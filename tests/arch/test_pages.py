"""What every screen and every module of the user interface keeps to, read from their files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ui.pagespec import SECTIONS, pages, read_spec

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "pages").glob("*.py"))
MODULES = sorted((ROOT / "ui").glob("*.py"))


def names_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def imports_of(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_page_is_short_and_begins_with_its_spec_and_its_guard(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 150
    assert path.name.startswith(f"{read_spec(path).order:02d}_")
    body = [node for node in ast.parse(source).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert isinstance(body[0], ast.Expr), "a docstring"
    assert ast.unparse(body[1]).startswith("PAGE = PageSpec(")
    assert "enter(PAGE)" in ast.unparse(body[2])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_page_does_no_arithmetic(path):
    sums = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.BinOp) and isinstance(node.op, sums):
            # Counting columns of cards two by two is layout.
            assert ast.unparse(node) == "left + 2"


def test_pages_have_sections_orders_and_questions_of_their_own():
    specs = [file.spec for file in pages()]
    assert {spec.section for spec in specs} == set(SECTIONS)
    assert (
        len({spec.order for spec in specs})
        == len({spec.question for spec in specs})
        == len(specs)
        == len(SCRIPTS)
    )
    assert all(spec.question.endswith("?") for spec in specs)


@pytest.mark.parametrize("path", [*SCRIPTS, *MODULES], ids=lambda path: path.name)
def test_nothing_lets_markup_from_data_through(path):
    source = path.read_text(encoding="utf-8")
    assert "unsafe_allow_html" not in source
    assert "st.html" not in names_of(path)
    assert "st.components" not in names_of(path)


@pytest.mark.parametrize("path", [*SCRIPTS, *MODULES], ids=lambda path: path.name)
def test_state_caches_and_plotly_have_one_place_each(path):
    found = names_of(path)
    if path.name != "workspace.py":
        assert not {"st.session_state", "st.query_params"} & found
    if path.name != "cached.py":
        assert not {name for name in found if name.startswith("st.cache_")}
    assert not {name for name in imports_of(path) if name.split(".")[0] == "plotly"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_pages_do_not_know_each_other(path):
    assert not {name for name in imports_of(path) if name.split(".")[0] == "pages"}


def test_cached_functions_never_take_a_table():
    tree = ast.parse((ROOT / "ui" / "cached.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            for argument in node.args.args:
                assert argument.arg.startswith("_") or ast.unparse(argument.annotation) in {"str", "int"}


def test_the_shell_is_light():
    assert "torch" not in imports_of(ROOT / "ui" / "shell.py")
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        at_the_top = {
            name.split(".")[0]
            for node in tree.body
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert not at_the_top & {"torch", "sklearn", "fairlearn", "onnxruntime", "skops", "typst"}, path.name
