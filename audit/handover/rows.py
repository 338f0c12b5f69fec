"""Writes the files of made rows: the table, its card, and what made them where that can be handed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.attempt import Attempt
from audit.errors import AuditError, listing
from audit.handover.card import setting_title
from audit.handover.groups import columns_of
from audit.mitigation.catalogue import catalogue
from audit.mitigation.synthesis.datacard import data_card, leaving
from audit.mitigation.synthesis.export import (
    MARK,
    WEIGHT,
    augmented_table,
    generator_files,
    named_already,
    table_bytes,
)
from audit.values import canonical

if TYPE_CHECKING:
    from audit.binned import Counted
    from audit.data.dataset import Dataset
    from audit.mitigation.synthesis.datacard import Leaving
    from audit.plan import Plan
    from audit.rows.trials import TrialRecord
    from audit.trial import Trial

KINDS: Final = ("parquet", "csv")
"""Formats of the table."""

CHOICES: Final = ("augmented", "made")
"""Which rows the table holds: the real and the made ones, or the made ones only."""

CARD: Final = "card.md"
WEIGHTS: Final = "generator.safetensors"
VOCABULARY: Final = "generator.json"

NAMES: Final = (*(f"{rows}.{kind}" for rows in CHOICES for kind in KINDS), WEIGHTS, VOCABULARY, CARD)
"""Every file that may be written."""

LARGEST: Final = 200 * 2**20
"""Bytes of the largest table that is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be written.

    Parameters
    ----------
    rows : {"augmented", "made"}, default "augmented"
        Real and made rows, or made ones only. An audit that withholds small groups gives made ones only.
    kind : {"parquet", "csv"}, default "parquet"
        Format of the table.

    Raises
    ------
    ValueError
        Where it is anything else.
    """

    rows: str = "augmented"
    kind: str = "parquet"

    def __post_init__(self) -> None:
        """Refuse what cannot be written."""
        if self.rows not in CHOICES or self.kind not in KINDS:
            raise ValueError(f"rows are one of {CHOICES} and a table is one of {KINDS}")

    @property
    def part(self) -> str:
        """The name under which the files are kept."""
        return f"{self.rows}-{self.kind}"


def withheld(plan: Plan) -> int:
    """Say below how many people counts are withheld from every file.

    Parameters
    ----------
    plan : Plan
        The plan of the audit.

    Returns
    -------
    int
        0 where small groups are not withheld.
    """
    return plan.grouping.small_size if plan.grouping.small == "suppress" else 0


def check_names(dataset: Dataset, plan: Plan) -> None:
    """Refuse columns that are named like one that an augmented table adds, before anything is trained for it.

    Parameters
    ----------
    dataset : Dataset
        The data.
    plan : Plan
        Says which columns are in the table.

    Raises
    ------
    InputError
        Where there is one ("augmented_name").
    """
    roles = plan.roles
    beside = set(roles.taken()) - {roles.label, *roles.sensitive}
    given = set(roles.features or set(dataset.names) - beside) | {roles.label, *roles.sensitive}
    for name in (MARK, *([WEIGHT] if roles.weight else [])):
        if name in given:
            raise named_already(name)


def row_files(
    first: Attempt | Counted, trial: Trial, dataset: Dataset, plan: Plan, asked: Asked
) -> dict[str, bytes]:
    """Write the files of the rows that a mitigation made.

    Parameters
    ----------
    first : Attempt or Counted
        The run on the plan's own split and seed.
    trial : Trial
        What was measured, over all seeds.
    dataset : Dataset
        The data, which say what labels are called.
    plan : Plan
        The plan of the audit.
    asked : Asked
        Which rows, and in which format.

    Returns
    -------
    dict of str to bytes
        By name: the table, card.md, and generator.safetensors with generator.json where the generator can be handed
        over; otherwise the card says why not.

    Raises
    ------
    AuditError
        Where the mitigation makes no rows, or made ones only are asked for and there are none ("no_made_rows"); where the table is too large to be kept ("rows_too_large").
    """
    record, roles = trial.record, plan.roles
    found = first.repaired.augmented if isinstance(first, Attempt) else None
    rows = None if found is None else leaving(found, real=asked.rows == "augmented", withheld=withheld(plan))
    if rows is None or not isinstance(first, Attempt) or not len(rows.augmented.treated.label):
        raise AuditError(
            f"{record.title} has no made rows to hand over.",
            why="It makes none, no cell of group and label lacked any, or none may leave this audit.",
            fix="Try a repair that makes rows, or make the cells equal in number.",
            code="no_made_rows",
        )
    table = augmented_table(
        rows.augmented,
        label=str(roles.label),
        labels=_labels(dataset, plan),
        sensitive=columns_of(first.bench, record.params),
    )
    content = table_bytes(table, asked.kind)
    if len(content) > LARGEST:
        raise AuditError(
            f"The table would have {len(content) / 2**20:,.0f} MB.",
            why=f"Tables of more than {LARGEST / 2**20:,.0f} MB are not kept.",
            fix="Choose Parquet, made rows only or fewer features, or write the table with --augmented on the command line.",
            code="rows_too_large",
        )
    card = data_card(
        rows, title=record.title, params=_settings(record), source=dataset.fingerprint, notes=record.notes
    )
    generator, said = _generator(rows, _kept_back(record.mitigation))
    columns = columns_of(first.bench, record.params)
    beside = [a.column for a in first.bench.attributes if a.column not in (*columns, *table.columns)]
    if beside:
        said = f"Not in the table, because rows were made without them and they are no features: {listing(beside)}.\n\n{said}"
    if asked.kind == "csv":
        said = f"In the CSV an apostrophe stands before texts that a spreadsheet would run as formulas.\n\n{said}"
    return {
        f"{asked.rows if rows.real else 'made'}.{asked.kind}": content,
        **generator,
        CARD: f"{card}\n{said}\n".encode(),
    }


def _labels(dataset: Dataset, plan: Plan) -> tuple[str, str]:
    """Say what the label is called where it is negative and where it is positive, as in the data where it has two values."""
    positive = str(plan.roles.positive)
    column = dataset.column(str(plan.roles.label))
    others = [text for text, _ in column.levels if canonical(text) != canonical(positive)]
    if column.n_distinct == 2 and len(column.levels) == 2 and len(others) == 1:
        return others[0], positive
    return ("0", "1") if positive == "1" else (f"not {positive}", positive)


def _settings(record: TrialRecord) -> dict[str, object]:
    return {setting_title(record.mitigation, name): value for name, value in record.params.items()}


def _kept_back(mitigation: str) -> str:
    known = catalogue().get(mitigation.split("#", maxsplit=1)[0])
    return known[0].kept_back if known else ""


def _generator(rows: Leaving, kept_back: str) -> tuple[dict[str, bytes], str]:
    """Write what made the rows, or say why it stays."""
    if kept_back:
        return {}, kept_back
    if rows.withheld and not rows.guarantee:
        return {}, (
            "The generator is not among these files. It holds every distinct value of every column, those of single people "
            "included, and this audit withholds small groups."
        )
    try:
        weights, text = generator_files(rows.augmented.maker)
    except AuditError as error:
        return {}, f"The generator is not among these files. {error.why}"
    files = {WEIGHTS: weights, VOCABULARY: text.encode()}
    maker = rows.augmented.maker
    if maker and maker.generator and maker.generator.guarantee:
        return (
            files,
            f"`{WEIGHTS}` and `{VOCABULARY}` hold counts with noise and the values found with it: the same bound holds.",
        )
    return (
        files,
        f"`{VOCABULARY}` holds every distinct value of every column, those of single persons included.",
    )
