"""What must not be in the code at all, and what must not be in any file."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    ROOT / "app.py",
    *(path for folder in ("audit", "ui", "pages") for path in sorted((ROOT / folder).rglob("*.py"))),
]
TEXTS = [
    path
    for pattern in ("*.md", "*.toml", "*.txt", "Makefile", ".ci/*", ".streamlit/*", ".gitignore", "app.py")
    for path in sorted(ROOT.glob(pattern))
] + [
    path
    for folder in ("audit", "ui", "pages", "docs", "tests", "benchmarks", "sample_data")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".md", ".json", ".sh", ".toml", ".txt", ".typ", ".svg", ".css"}
]
REFUSED_MODULES = {"pickle", "cPickle", "_pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
REFUSED_CALLS = {"eval", "exec", "compile", "__import__"}
# A pickle is recognised by its opcodes; reading them runs nothing.
RECOGNISED_BY = {"pickletools"}


def name(path):
    return path.relative_to(ROOT).as_posix()


@cache
def trees():
    """Every node of every file of the application."""
    return [(name(path), list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))) for path in CODE]


def test_nothing_unpickles():
    found = []
    for where, nodes in trees():
        for node in nodes:
            if isinstance(node, ast.Import):
                modules = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules = {str(node.module).split(".")[0]}
            else:
                continue
            found += [(where, module) for module in modules & REFUSED_MODULES - RECOGNISED_BY]
    assert found == []


def test_no_text_is_run_as_code():
    found = [
        (where, node.func.id)
        for where, nodes in trees()
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSED_CALLS
    ]
    assert found == []


def test_no_shell_and_no_markup_from_data():
    found = [
        (where, keyword.arg)
        for where, nodes in trees()
        for node in nodes
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in {"shell", "unsafe_allow_html", "allow_pickle", "weights_only"}
        and not (
            isinstance(keyword.value, ast.Constant) and keyword.value.value is (keyword.arg == "weights_only")
        )
    ]
    assert found == []


def test_no_model_is_loaded_by_a_function_that_unpickles():
    loaders = {("torch", "load"), ("os", "system"), ("os", "popen"), ("pd", "read_pickle"), ("st", "html")}
    found = [
        (where, f"{node.value.id}.{node.attr}")
        for where, nodes in trees()
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in loaders
    ]
    assert found == []


def is_formatted_query(node):
    """A formatted string that is executed; a PRAGMA takes no parameters and is written with constants."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return False
    said = node.args[0]
    if node.func.attr not in {"execute", "sql", "query", "text"} or not isinstance(said, ast.JoinedStr):
        return False
    return not (isinstance(said.values[0], ast.Constant) and str(said.values[0].value).startswith("PRAGMA "))


def test_sql_is_never_built_from_text():
    found = [(where, node.lineno) for where, nodes in trees() for node in nodes if is_formatted_query(node)]
    assert found == []


# Written in parts, so that this file does not hold what it looks for.
_MACHINE = re.compile(
    "|".join(
        (
            r"(?<![\w.])/" + r"work/(?:main|shared)",
            r"(?<![\w.])/" + r"home/(?!me/)\w+/",
            r"(?<![\w.])/" + r"Users/\w+/",
            r"(?<![\w.])/" + r"root/",
            r"(?<![\w.])/" + r"tmp/\w",
        )
    )
)
_REGISTRY = re.compile(
    r"--(?:extra-)?index-" + r"url|--trusted-" + r"host|art" + r"ifactory|py" + r"pi\.\w+/simple",
    re.IGNORECASE,
)


@pytest.mark.parametrize("pattern", [_MACHINE, _REGISTRY], ids=["machine paths", "package registries"])
def test_no_file_names_the_machine_it_was_made_on(pattern):
    found = [
        (name(path), hit.group())
        for path in TEXTS
        for hit in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_requirements_are_pinned_exactly():
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.fullmatch(r"[A-Za-z0-9._-]+==[\w.+]+", line), f"{file}: {line}"
