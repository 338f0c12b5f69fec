"""The workers that Dask starts on this machine: they say nothing that nobody asked for, and run no script again."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from audit.engines.dask_local import may_spawn
from tests.commands import BASIC, frame

ROOT = Path(__file__).resolve().parents[2]
needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed")
SCRIPT = """
import audit
from audit.plan import Plan, Roles

print("begun")
plan = Plan(roles=Roles(label="label", decision="decision", sensitive=("group",)))
counted = audit.run("people.parquet", plan, engine="dask")
print(counted.metrics == audit.run("people.parquet", plan).metrics)
"""


def ended(words, folder):
    """Run Python in a folder with this program at hand, and give what it said."""
    kept = {name: value for name, value in os.environ.items() if name != "EVENHAND_LOG"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@needs_dask
def test_a_script_without_a_guard_is_run_once(tmp_path):
    frame(500).to_parquet(tmp_path / "people.parquet", index=False)
    (tmp_path / "script.py").write_text(SCRIPT)
    found = ended(["script.py"], tmp_path)
    assert (found.returncode, found.stdout.split(), found.stderr) == (0, ["begun", "True"], "")


@needs_dask
def test_the_command_line_says_nothing_of_its_own_when_it_is_to_be_quiet(tmp_path):
    frame(500).to_parquet(tmp_path / "people.parquet", index=False)
    words = ["-m", "audit", "run", "--data", "people.parquet", "--engine", "dask", "--quiet", "--out", "out"]
    found = ended([*words, *BASIC], tmp_path)
    assert found.returncode in {0, 1, 3}
    assert (found.stdout, found.stderr) == ("", "")


@pytest.mark.parametrize(
    ("spec", "file", "may"),
    [
        ("audit.__main__", "/there/audit/__main__.py", True),
        ("audit.jobs.worker", "/there/audit/jobs/worker.py", True),
        ("mine.script", "/there/mine/script.py", False),
        (None, "/there/script.py", False),
        (None, None, True),
        (None, str(Path(sys.executable).with_name("pytest")), True),
    ],
)
def test_processes_are_started_where_they_do_not_run_the_program_again(spec, file, may):
    named = None if spec is None else SimpleNamespace(name=spec)
    assert may_spawn(SimpleNamespace(__spec__=named, __file__=file)) is may
