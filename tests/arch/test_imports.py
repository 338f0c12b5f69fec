"""Who imports whom, and what stays unloaded."""

from __future__ import annotations

import ast
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import audit
from audit.mitigation.catalogue import catalogue

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = sorted((ROOT / "audit").rglob("*.py"))
SCREENS = [*sorted((ROOT / "ui").rglob("*.py")), *sorted((ROOT / "pages").glob("*.py")), ROOT / "app.py"]
HEAVY = (
    "torch",
    "sklearn",
    "fairlearn",
    "streamlit",
    "plotly",
    "pandas",
    "duckdb",
    "onnxruntime",
    "skops",
    "typst",
)


def name(path):
    return path.relative_to(ROOT).as_posix()


def imported(path):
    """Full names of everything a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(package, paths):
    return sorted(name(path) for path in paths if any(one.split(".")[0] == package for one in imported(path)))


def loaded_by(statement):
    code = f"import sys; {statement}; print(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return set(done.stdout.split())


def test_import_contracts_hold():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize("statement", ["import audit", "import audit.plan", "from audit import Plan, Roles"])
def test_the_library_starts_light(statement):
    assert loaded_by(statement).isdisjoint(HEAVY)


def test_a_plan_can_be_read_without_heavy_packages():
    assert loaded_by("import audit.cli").isdisjoint(HEAVY)


def test_the_screens_start_without_models():
    assert loaded_by("import ui.shell").isdisjoint({"torch", "sklearn", "fairlearn", "onnxruntime", "skops"})


def test_every_room_has_its_layer():
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(one for one in settings["contracts"] if one["type"] == "layers")
    named = {part.strip() for layer in layers["layers"] for part in layer.replace(":", "|").split("|")}
    rooms = {found.name for found in pkgutil.iter_modules(audit.__path__)}
    assert named == rooms
    assert layers["exhaustive"] is True
    described = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [room for room in rooms - {"__main__"} if room not in described] == []


def test_the_library_knows_no_streamlit():
    assert importers("streamlit", LIBRARY) == []
    assert importers("ui", LIBRARY) == []


def test_plotly_is_drawn_with_in_the_rooms_for_figures():
    allowed = ("audit/figures/", "audit/report/", "ui/show.py")
    assert [path for path in importers("plotly", [*LIBRARY, *SCREENS]) if not path.startswith(allowed)] == []


def test_a_mitigation_knows_nothing_of_the_others():
    methods = {f"audit.mitigation.{id_}" for id_ in catalogue()}
    for method in methods:
        path = ROOT / f"{method.replace('.', '/')}.py"
        others = {one for one in imported(path) for other in methods - {method} if one.startswith(other)}
        assert others == set(), method


def test_pages_know_nothing_of_each_other():
    for page in sorted((ROOT / "pages").glob("*.py")):
        assert not any(one.split(".")[0] == "pages" for one in imported(page)), page.name


def attributes_of_streamlit(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st":
            yield node.attr


def test_one_file_caches_and_one_touches_session_state():
    for path in SCREENS:
        used = set(attributes_of_streamlit(path))
        caches = {one for one in used if one.startswith("cache_")}
        assert not caches or name(path) == "ui/cached.py", name(path)
        assert "session_state" not in used or name(path) == "ui/workspace.py", name(path)


def test_the_public_names_can_be_called_again_and_again():
    import importlib

    assert [audit.run is audit.run, callable(audit.run)] == [True, True]
    importlib.import_module("audit.run")
    assert callable(audit.run)
    assert {one for one in audit.__all__ if getattr(audit, one) is None} == set()
