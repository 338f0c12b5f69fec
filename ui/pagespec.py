"""What a page says about itself, readable without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

FOLDER: Final = Path(__file__).resolve().parent.parent / "pages"
"""Where the screens are, one flat file each."""

SECTIONS: Final = ("Prepare", "Audit", "Repair", "Hand over")
"""Parts of the work, in the order in which the navigation shows them."""

Needs = Literal["nothing", "dataset", "result", "trials"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """One screen: its name, the question it answers and what it needs.

    Parameters
    ----------
    title : str
        Name in the navigation.
    question : str
        The question the screen answers; it is the heading.
    section : str
        One of :data:`SECTIONS`.
    order : int
        Place in the navigation; the number in the file's name.
    needs : {"nothing", "dataset", "result", "trials"}
        What must be there before the screen has anything to say.
    """

    title: str
    question: str
    section: str
    order: int
    needs: Needs


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A page's file and what it says about itself.

    Parameters
    ----------
    path : Path
        The script.
    spec : PageSpec
        What it says.
    """

    path: Path
    spec: PageSpec

    @property
    def slug(self) -> str:
        """The page's name in the address bar, such as "overview"."""
        return self.path.stem.split("_", 1)[1]


@cache
def pages() -> tuple[PageFile, ...]:
    """List the screens by reading, not running, their files.

    Returns
    -------
    tuple of PageFile
        In the order of the navigation.
    """
    found = [PageFile(path=path, spec=read_spec(path)) for path in sorted(FOLDER.glob("[0-9][0-9]_*.py"))]
    return tuple(sorted(found, key=lambda page: page.spec.order))


def page(slug: str) -> PageFile:
    """Find a screen by its name in the address bar.

    Parameters
    ----------
    slug : str
        Such as "overview".

    Returns
    -------
    PageFile
        The screen.
    """
    return next(file for file in pages() if file.slug == slug)


def read_spec(path: Path) -> PageSpec:
    """Read the literal ``PAGE = PageSpec(...)`` at the head of a page.

    Parameters
    ----------
    path : Path
        The page's script.

    Returns
    -------
    PageSpec
        What the page says about itself.

    Raises
    ------
    ValueError
        Where the file has no literal page spec.
    """
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and [target.id for target in node.targets if isinstance(target, ast.Name)] == ["PAGE"]
        ):
            return PageSpec(**{str(word.arg): ast.literal_eval(word.value) for word in node.value.keywords})
    raise ValueError(f"{path.name} has no PAGE = PageSpec(...)")
