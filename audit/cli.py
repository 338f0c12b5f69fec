"""The command line: the same plan and the same numbers as in the browser, without one."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from audit.errors import AuditError, EngineError, InputError, JobFailed, quote
from audit.given import data_from, model_file
from audit.options import (
    adopted_place,
    check_population,
    parser,
    plan_from,
    with_population,
    with_references,
)
from audit.progress import within

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from audit.attempt import Attempt
    from audit.cost import Cost
    from audit.data.dataset import Dataset
    from audit.handover.files import Adopted
    from audit.plan import Plan
    from audit.result import Audit
    from audit.trial import Trial

WITHIN: Final = 0
BEYOND: Final = 1
BAD_INPUT: Final = 2
CANNOT_TELL: Final = 3
BROKEN: Final = 70

FILES: Final = ("audit.json", "report.pdf", "plan.json")
"""What a run writes into its folder."""

ADOPTED: Final = "adopted"
"""The folder in it that gets the files of an adopted model."""


def status(result: Audit) -> int:
    """Give the exit status of an audit.

    Parameters
    ----------
    result : Audit
        The audit; only the criteria of its plan count, over every grouping, for the audited model.

    Returns
    -------
    int
        1 where a criterion is beyond its tolerance, else 3 where one cannot be decided, else 0.
    """
    verdicts = {row.verdict for row in result.verdicts}
    if "beyond" in verdicts:
        return BEYOND
    return CANNOT_TELL if "cannot_tell" in verdicts else WITHIN


def _check_folder(folder: Path, names: Sequence[str] = FILES) -> None:
    """Refuse a folder that cannot take the files, before anything is computed."""
    try:
        if folder.is_dir():
            in_the_way = [name for name in names if (folder / name).is_dir()]
            writable = os.access(folder, os.W_OK | os.X_OK) and not in_the_way
        elif folder.exists():
            raise InputError(
                f"{quote(folder.name)} is a file, not a folder.",
                fix="Name a folder with --out.",
                code="out_not_folder",
            )
        else:
            above = next((place for place in folder.absolute().parents if place.exists()), folder)
            writable = not folder.is_symlink() and above.is_dir() and os.access(above, os.W_OK | os.X_OK)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    if not writable:
        raise _cannot_write(folder)


def _cannot_write(folder: Path, error: OSError | None = None) -> InputError:
    return InputError(
        f"The results cannot be written to the folder {quote(folder.name)}.",
        why=f"{error.strerror}." if error and error.strerror else "",
        fix="Name with --out a folder that you may write to.",
        code="out_not_writable",
    )


def write(result: Audit, folder: Path, adopted: Adopted | None = None) -> None:
    """Write audit.json, report.pdf, plan.json and the files of an adopted model, all or none of them.

    Parameters
    ----------
    result : Audit
        The audit.
    folder : Path
        Where to; made if it is not there.
    adopted : Adopted or None
        An adopted model, which gets a folder in it.

    Raises
    ------
    InputError
        Where the folder cannot be written to.
    """
    from audit.disclosure.protect import protected
    from audit.report.compose import to_pdf

    result = protected(result)
    contents = (result.to_json().encode(), to_pdf(result), result.plan.to_json().encode())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".evenhand-", dir=folder))
        try:
            for name, content in zip(FILES, contents, strict=True):
                (staged / name).write_bytes(content)
            if adopted is not None:
                _stage(adopted, staged / ADOPTED)
            for name in FILES:
                (staged / name).replace(folder / name)
            if adopted is not None:
                _put(adopted, staged / ADOPTED, folder / ADOPTED)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _stage(adopted: Adopted, place: Path) -> None:
    place.mkdir()
    for name, content in adopted.files.items():
        (place / name).write_bytes(content)


def _put(adopted: Adopted, staged: Path, place: Path) -> None:
    """Put the files of an adopted model in the place of those of an earlier one."""
    from audit.handover.files import NAMES

    place.mkdir(exist_ok=True)
    for name in NAMES:
        if name in adopted.files:
            (staged / name).replace(place / name)
        else:
            (place / name).unlink(missing_ok=True)


def _check_adopted(folder: Path) -> None:
    """Refuse a folder in which the files of an adopted model have no room, before anything is computed."""
    from audit.handover.files import NAMES

    place = folder / ADOPTED
    if place.is_symlink():
        raise _cannot_write(place)
    if place.exists():
        _check_folder(place, NAMES)


def _run(arguments: argparse.Namespace) -> int:
    from audit.disclosure.protect import protected
    from audit.handover.rows import check_names
    from audit.run import run_and_adopt

    folder = Path(arguments.out)
    _check_folder(folder)
    plan = plan_from(arguments)
    adopt = adopted_place(arguments, plan)
    if adopt is not None:
        _check_adopted(folder)
    with tempfile.TemporaryDirectory(prefix="evenhand-") as place:
        report = _progress(quiet=arguments.quiet)
        dataset = data_from(arguments, Path(place), progress=within(report, 0.0, 0.3))
        if arguments.reference:
            plan = with_references(plan, arguments.reference, dataset)
        if arguments.population:
            plan = with_population(plan, arguments.population)
            check_population(plan, dataset)
        if arguments.augmented:
            check_names(dataset, plan)
        made: list[str] = []
        result, adopted = run_and_adopt(
            dataset,
            plan,
            model=model_file(arguments, plan),
            adopt=adopt,
            keep=_keeper(plan, dataset, folder, (arguments.augmented, made)) if arguments.augmented else None,
            progress=within(report, 0.3, 1.0),
            told=None if arguments.quiet else _tell_cost,
        )
    # What is written, said and returned are the same audit.
    result = protected(result)
    write(result, folder, adopted)
    if not arguments.quiet:
        _say(result, adopted)
        if arguments.augmented and not made:
            sys.stderr.write("No mitigation of this run makes rows: --augmented wrote nothing.\n")
    return status(result)


def _keeper(
    plan: Plan, dataset: Dataset, folder: Path, wanted: tuple[str, list[str]]
) -> Callable[[Trial, Attempt], None]:
    """Write what a mitigation made beside the report: the augmented table, its card and the generator."""
    from audit.handover.rows import NAMES, Asked, row_files

    kind, written = wanted

    def keep(trial: Trial, first: Attempt) -> None:
        if first.repaired.augmented is None:
            return
        files = row_files(first, trial, dataset, plan, Asked(kind=kind))
        name = f"augmented-{trial.record.mitigation}"
        written.append(name)
        place = folder / (name if written.count(name) == 1 else f"{name}-{written.count(name)}")
        try:
            place.mkdir(parents=True, exist_ok=True)
            for old in NAMES:
                (place / old).unlink(missing_ok=True)  # of an earlier run, perhaps with other settings
            for name, content in files.items():
                (place / name).write_bytes(content)
        except OSError as error:
            raise _cannot_write(place, error) from error

    return keep


def _progress(*, quiet: bool) -> Any:
    shown = sys.stderr.isatty() and not quiet

    def report(share: float, message: str) -> None:
        if shown:
            sys.stderr.write(f"\r{share:4.0%} {message[:70]:<70}")
            sys.stderr.flush()

    return report


def _tell_cost(trial: Trial, spent: Cost) -> None:
    """Say on the side what a mitigation cost: it differs from run to run, so it is in no file."""
    clear = "\r" + " " * 80 + "\r" if sys.stderr.isatty() else ""
    from audit.wording import cost as said

    sys.stderr.write(f"{clear}{trial.record.title}: {said(spent)}.\n")


def _say(result: Audit, adopted: Adopted | None = None) -> None:
    from audit.wording import overview

    text = overview(result.data, result.model, result.disparities, result.plan.roles) + "\n"
    for finding in result.findings:
        if finding.severity in {"high", "medium"}:
            text += f"\n{finding.title}.\n  {finding.evidence}\n"
    if adopted is not None:
        text += f"\nAdopted: {', '.join(adopted.files)} in the folder {ADOPTED}.\n"
        text += "".join(f"  {sentence}\n" for sentence in adopted.left)
    out = sys.stdout
    if out is None:  # closed by the caller
        return
    encoding = out.encoding or "utf-8"
    try:
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))
        out.flush()
    except OSError:
        # The files are written: a reader who has gone, or a full disk behind the output, changes no exit status.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _stop(*_: object) -> NoReturn:
    """Treat a request to end like Ctrl+C, so that nothing half-written stays."""
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str or None
        The words after the program's name; None takes those of the process.

    Returns
    -------
    int
        The exit status.
    """
    logging.basicConfig(level=os.environ.get("EVENHAND_LOG", "ERROR"))
    with contextlib.suppress(ValueError):  # only the main thread may listen to signals
        signal.signal(signal.SIGTERM, _stop)
    try:
        return _run(parser().parse_args(argv))
    except JobFailed as error:
        sys.stderr.write(f"{error}\n")
        return BROKEN
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return BROKEN if error.code in {"engine_memory", "engine_disk"} else BAD_INPUT
    except AuditError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    except MemoryError:
        sys.stderr.write("The audit ran out of memory. Use fewer columns, or a machine with more memory.\n")
        return BROKEN
    except KeyboardInterrupt:
        sys.stderr.write("The audit was stopped. Nothing was written.\n")
        return BROKEN
    except Exception:
        logging.getLogger(__name__).info("internal error", exc_info=True)
        sys.stderr.write(
            "The audit broke on an internal error. Set EVENHAND_LOG=INFO to see where, and report it.\n"
        )
        return BROKEN
