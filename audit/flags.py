"""The words of the command line."""

from __future__ import annotations

import argparse
from typing import Final, NoReturn

from audit.errors import PlanError
from audit.names import BASELINES
from audit.tuning.flags import add_flags

_DESCRIPTION: Final = """Audit decisions about people, by group.

Exit status: 0 every criterion is within its tolerance; 1 at least one is beyond; 3 at least one cannot be decided;
2 the input or the usage is wrong; 70 the program broke or was stopped."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one sentence."""

    def error(self, message: str) -> NoReturn:
        raise PlanError(
            f"The command line is not understood: {message}.", fix=f"See {self.prog} --help.", code="usage"
        )


def parser() -> argparse.ArgumentParser:
    """Describe the command line.

    Returns
    -------
    argparse.ArgumentParser
        The parser of ``python -m audit``.
    """
    top = _Parser(
        prog="python -m audit", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="run", parser_class=_Parser)
    run = commands.add_parser(
        "run",
        help="audit a table",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    files = run.add_argument_group("files")
    files.add_argument(
        "--data",
        required=True,
        nargs="+",
        metavar="DATA",
        help="a file (CSV, TSV, Parquet, Arrow, Feather or Excel), a folder or pattern of Parquet or CSV files, "
        "or a table such as spark:sales.people",
    )
    files.add_argument(
        "--out", required=True, metavar="DIR", help="gets audit.json, report.pdf and plan.json"
    )
    files.add_argument("--plan", metavar="FILE", help="a plan.json; the other options override it")
    files.add_argument("--model", metavar="FILE", help="an ONNX or skops file that makes the decisions")
    _places(run.add_argument_group("large data"))
    roles = run.add_argument_group("roles")
    roles.add_argument("--label", metavar="COL", help="what really happened")
    roles.add_argument("--positive", metavar="VALUE", help="the label's positive value (default 1)")
    roles.add_argument("--decision", metavar="COL", help="the decisions")
    roles.add_argument(
        "--decision-positive",
        metavar="VALUE",
        nargs="+",
        action="extend",
        help="positive values of the decision (default: --positive)",
    )
    roles.add_argument("--score", metavar="COL", help="scores, compared with --threshold")
    roles.add_argument(
        "--threshold", type=float, metavar="T", help="a score of T or more is positive (default 0.5)"
    )
    roles.add_argument(
        "--score-bins",
        metavar="N|exact",
        help="bins in which scores are counted, 1000 (default) to 10000, or exact: every score by itself, which takes longer; "
        "areas under curves come with a bound on what bins change",
    )
    roles.add_argument(
        "--sensitive",
        metavar="COL",
        nargs="+",
        action="extend",
        help="a column whose values make groups; one or more",
    )
    roles.add_argument(
        "--favourable", choices=("positive", "negative"), help="the decision that is good for the person"
    )
    roles.add_argument("--weight", metavar="COL", help="row weights")
    roles.add_argument(
        "--split", metavar="COL", help="says train, validation or test; only test rows are audited"
    )
    roles.add_argument(
        "--reference",
        metavar="GROUP",
        nargs="+",
        action="extend",
        help="the group others are compared with, or COL=GROUP",
    )
    roles.add_argument(
        "--features",
        metavar="COL",
        nargs="+",
        action="extend",
        help="what a model trained here may look at (default: every column without another part)",
    )
    roles.add_argument(
        "--task",
        choices=("binary", "multiclass", "regression"),
        help="a label of two values (default), of several classes, or a number",
    )
    _studies(run.add_argument_group("further questions"))
    rules = run.add_argument_group("rules")
    rules.add_argument("--min-size", type=int, metavar="N", help="smallest denominator of a rate (default 1)")
    rules.add_argument(
        "--tolerance",
        metavar="CRITERION=VALUE",
        nargs="+",
        action="extend",
        help="such as equal_opportunity_difference=0.05, or =none",
    )
    rules.add_argument(
        "--small",
        choices=("keep", "merge", "suppress"),
        help="what becomes of small groups: kept (default), joined, or kept out of everything that is written",
    )
    rules.add_argument(
        "--small-size", type=int, metavar="N", help="groups and counts below it are small (default 10)"
    )
    rules.add_argument("--seed", type=int, metavar="N", help="where every random draw starts (default 0)")
    work = run.add_argument_group("models and mitigations")
    work.add_argument(
        "--train", choices=BASELINES, help="train this model here, or retrain it for --mitigate"
    )
    work.add_argument(
        "--mitigate",
        metavar="ID[:name=value,…]",
        nargs="+",
        action="extend",
        help="a mitigation of docs/methods.md, such as reweighing; one or more",
    )
    work.add_argument(
        "--augmented",
        choices=("parquet", "csv"),
        help="write the training rows with the rows that mitigations made, a data card and the generator",
    )
    work.add_argument(
        "--adopt",
        metavar="N|ID",
        help="write the model after this mitigation, the N-th or the one of this id, into the folder adopted of --out",
    )
    add_flags(run.add_argument_group("search over mitigations"))
    run.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return top


def _places(group: argparse._ArgumentGroup) -> None:
    """Describe how data are audited that are too large to be read."""
    group.add_argument(
        "--in-place",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="count the rows where they lie, without reading them into memory (the default for folders, patterns, "
        "several files, tables, and files of more than 200 MB)",
    )
    group.add_argument(
        "--engine",
        choices=("duckdb", "spark", "dask"),
        default="",
        help="who counts rows in place (default duckdb, on this machine)",
    )
    group.add_argument(
        "--master", metavar="URL", default="", help="where Spark runs, such as spark://host:7077"
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        default="",
        help="where Dask's scheduler is, such as tcp://host:8786",
    )
    group.add_argument(
        "--sample-rows",
        type=int,
        metavar="N",
        help="rows drawn for models and mitigations on data in place (default 200,000)",
    )


def _studies(group: argparse._ArgumentGroup) -> None:
    """Describe what asks for more than rates and gaps."""
    group.add_argument(
        "--control",
        metavar="COL",
        nargs="+",
        action="extend",
        help="compare people within the values of these columns as well",
    )
    group.add_argument(
        "--cluster", metavar="COL", help="says which rows belong together; intervals allow for it"
    )
    group.add_argument(
        "--probability",
        metavar="COL",
        nargs="+",
        action="extend",
        help="columns of probabilities of belonging to a group that is not recorded",
    )
    group.add_argument(
        "--population",
        metavar="FILE",
        help="a table of column, group and share: whom the data should stand for",
    )
    group.add_argument(
        "--search",
        metavar="COL",
        nargs="+",
        action="extend",
        help="search the subgroups that these columns make for the ones that stand out",
    )
    group.add_argument(
        "--search-by", metavar="RATE", help="the rate that subgroups are compared by (default error_rate)"
    )
    group.add_argument(
        "--regret", action="store_true", default=None, help="hold each group against a model of its own"
    )
