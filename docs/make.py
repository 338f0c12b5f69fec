"""Writes what is generated in the documents: docs/methods.md, and the console example of the README.

Run it from the root of the project after a text, a spec or a sentence has changed: ``python docs/make.py``.
"""

from __future__ import annotations

import runpy
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from audit.mitigation.catalogue import catalogue  # noqa: E402 - the project is not installed
from audit.names import FAMILIES  # noqa: E402
from audit.plan import DEFAULT_TOLERANCES  # noqa: E402
from audit.rows import REASONS  # noqa: E402
from audit.wording import (  # noqa: E402
    COMPARISON_TEXTS,
    CRITERION_TEXTS,
    DATA_TEXTS,
    FAMILY_TITLES,
    METRIC_TEXTS,
    text,
)
from audit.wording.conventions import CONVENTIONS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.mitigation.spec import MitigationSpec, Param

METHODS: Final = ROOT / "docs" / "methods.md"
README: Final = ROOT / "README.md"
BEGIN: Final = "<!-- the output below is written by docs/make.py -->\n```console\n$ "
_TURNED: Final = "Where the negative decision is the good one"
_STAGES: Final = {"pre": "before training", "in": "during training", "post": "after training"}


def methods() -> str:
    """Write the methods page from what the metrics and mitigations say about themselves.

    Returns
    -------
    str
        The page in Markdown.
    """
    parts = [
        "<!-- Written by docs/make.py from the texts and specs in the code. Do not edit. -->",
        "# Methods",
        (
            "Every measure, criterion and mitigation: its formula, how it is read and what it does not tell. The same texts stand "
            "on the Methods screen and in the report. The decisions behind them are in [decisions](decisions)."
        ),
        "## Conventions",
        _bullets(CONVENTIONS),
        "A new plan has these criteria: "
        + ", ".join(
            f"`{name}` {'≥' if name.endswith('ratio') else '≤'} {value:.2f}"
            for name, value in DEFAULT_TOLERANCES.items()
        )
        + ".",
        "A value that is not estimable carries one of these reasons:",
        _bullets(f"`{code}`: {said}" for code, said in REASONS.items()),
    ]
    for title, texts in (
        ("Criteria", CRITERION_TEXTS),
        ("Comparisons between groups", COMPARISON_TEXTS),
        ("Rates", METRIC_TEXTS),
        *((FAMILY_TITLES[family], ids) for family, ids in FAMILIES.items()),
        ("The data before a model", DATA_TEXTS),
    ):
        parts += [f"## {title}", *(_measure(name) for name in texts)]
    parts += ["## Mitigations", *(_mitigation(spec) for spec, _ in catalogue().values())]
    return "\n\n".join(parts) + "\n"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _measure(name: str) -> str:
    said, turned = text(name), text(name, "negative")
    lines = [
        f"### {said.title}",
        f"`{name}`. {said.reading}",
        f"$$\n{said.latex}\n$$",
        f"In words: {said.formula}.",
        f"**What it does not tell.** {said.caution}",
        f"**Not estimable.** {said.undefined}",
    ]
    changed = [
        f"{_TURNED}, it is called “{turned.short}”." if turned.short != said.short else "",
        f"{_TURNED}: {turned.reading}" if turned.reading != said.reading else "",
    ]
    lines += [line for line in changed if line]
    return "\n\n".join([*lines, *_references(said.references)])


def _mitigation(spec: MitigationSpec) -> str:
    lines = [
        f"### {spec.title}",
        f"`{spec.id}`, {_STAGES[spec.stage]}. {spec.summary}",
        f"**It assumes.** {spec.assumes}",
        f"**Cost and caution.** {spec.caution}",
        f"**How to read it.** {spec.reading}",
        "\n".join(
            [
                "| setting | default | values | what it does |",
                "|---|---|---|---|",
                *map(_setting, spec.params),
            ]
        ),
    ]
    return "\n\n".join([*lines, *_references(spec.references)])


def _setting(param: Param) -> str:
    values = ", ".join(f"`{choice}`" for choice in param.choices)
    if param.low is not None and param.high is not None:
        values = f"{param.low:,g} to {param.high:,g}"
    if param.kind == "bool":
        values = "true, false"
    return f"| `{param.id}`: {param.title} | `{param.default}` | {values} | {param.help} |"


def _references(references: tuple[str, ...]) -> list[str]:
    return ["References:\n\n" + _bullets(references)] if references else []


def console(readme: str) -> str:
    """Run the README's console example and put what it prints below it.

    Parameters
    ----------
    readme : str
        The README.

    Returns
    -------
    str
        The README with the example's present output.
    """
    before, _, rest = readme.partition(BEGIN)
    block, _, after = rest.partition("```\n")
    command = block[: block.index("\n$ ")] if "\n$ " in block else block
    lines = command.split("\n")
    end = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
    command = "\n".join(lines[: end + 1])
    words = shlex.split(command.replace("\\\n", " "))
    with tempfile.TemporaryDirectory() as folder:
        words[words.index("--out") + 1] = folder
        done = subprocess.run(  # noqa: S603 - the README's own command
            [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
    if done.stderr:
        raise SystemExit(done.stderr)
    return f"{before}{BEGIN}{command}\n{done.stdout}$ echo $?\n{done.returncode}\n```\n{after}"


def main() -> None:
    """Write everything that is generated."""
    describe = runpy.run_path(str(ROOT / "docs" / "schema.py"))
    path = describe["SCHEMA"]
    path.write_text(describe["schema"](path.read_text(encoding="utf-8")), encoding="utf-8")
    METHODS.write_text(methods(), encoding="utf-8")
    README.write_text(console(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
