"""Makes the whole sample in memory: path -> bytes, and the truth about it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dataset_pipeline_tests.sample import sources, truth
from dataset_pipeline_tests.sample.annotations import annotate, kappa
from dataset_pipeline_tests.sample.distillates import claim_inputs, distil
from dataset_pipeline_tests.sample.ordinary import CLOSED, CRM, HELPDESK, Writer
from dataset_pipeline_tests.sample.plant_copies import (
    plant_cross_customer_near_copies,
    plant_exact_copies,
    plant_label_conflicts,
    plant_near_copies,
    plant_templates,
)
from dataset_pipeline_tests.sample.plant_noise import (
    plant_empty_phrases,
    plant_html,
    plant_invisible_characters,
    plant_mojibake,
    plant_quoted_replies,
    plant_signatures,
)
from dataset_pipeline_tests.sample.plant_personal import (
    plant_decoys,
    plant_personal_attributes,
    plant_personal_data,
)
from dataset_pipeline_tests.sample.planting import Field
from dataset_pipeline_tests.sample.rights import forum_posts, survey_answers

ORDINARY = {HELPDESK: 1020, CRM: 575, CLOSED: 450}
# The order matters: a record that one planter has claimed is not free for the next.
PLANTERS: tuple[Callable[[Field], None], ...] = (
    claim_inputs,
    plant_label_conflicts,
    plant_cross_customer_near_copies,
    plant_near_copies,
    plant_exact_copies,
    plant_templates,
    plant_empty_phrases,
    plant_signatures,
    plant_quoted_replies,
    plant_mojibake,
    plant_invisible_characters,
    plant_html,
    plant_decoys,
    plant_personal_attributes,
    plant_personal_data,
)
# What lies in these folders is the generator's; everything else in the dataset is written by hand.
GENERATED_FOLDERS = ("sources", "annotations", "distillates")
CONFIGS = Path(__file__).parents[2] / "configs" / "support_tickets"
TRUTH = Path(__file__).with_name("truth.json")


@dataclass(frozen=True)
class Sample:
    """The generated files, by path below `configs/support_tickets`, and `truth.json`."""

    files: dict[PurePosixPath, bytes]
    truth: bytes

    def write(self, dataset: Path, truth_file: Path) -> None:
        for path, data in self.files.items():
            target = dataset / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        truth_file.parent.mkdir(parents=True, exist_ok=True)
        truth_file.write_bytes(self.truth)


def generate() -> Sample:
    """The sample; equal bytes at every call."""
    writer = Writer()
    records = [writer.ordinary(source, i) for source, n in ORDINARY.items() for i in range(n)]
    field = Field(writer, records)
    for plant in PLANTERS:
        plant(field)
    sources.give_keys(field.records)
    files = _exports(field) | _rights(field)
    sheets = annotate(field)
    folder = PurePosixPath("annotations")
    for name, rows in sheets.rounds.items():
        files[folder / f"{name}.csv"] = sources.csv_bytes(rows)
    files[folder / "adjudications.csv"] = sources.csv_bytes(sheets.adjudications)
    paraphrases = b"".join(sources.json_line(row) for row in distil(field))
    files[PurePosixPath("distillates/paraphrases.jsonl")] = paraphrases
    agreement = {name: kappa(rows) for name, rows in sheets.rounds.items()}
    agreement["all"] = kappa([row for rows in sheets.rounds.values() for row in rows])
    planted = truth.resolved(field.truth)
    return Sample(files, truth.document(field.records, planted, agreement))


def _exports(field: Field) -> dict[PurePosixPath, bytes]:
    files: dict[PurePosixPath, bytes] = {}
    for made, entries in (
        sources.helpdesk(field.records),
        sources.crm(field.records),
        sources.closed_cases(field.records),
        sources.knowledge_base(),
    ):
        files |= made
        field.truth.setdefault("malformed", []).extend(entries)
    return files


def _rights(field: Field) -> dict[PurePosixPath, bytes]:
    """The two sources that no training may touch; every row of theirs is in the truth."""
    posts, answers = forum_posts(field.writer), survey_answers(field.writer)
    for post in posts:
        field.note("rights_forbidden", source="partner_forum", key=post["post_id"])
    for answer in answers:
        field.note("rights_expired", source="beta_survey", key=answer["answer_id"])
    return {
        sources.SOURCES / "partner_forum" / "posts.jsonl": b"".join(map(sources.json_line, posts)),
        sources.SOURCES / "beta_survey" / "answers.csv": sources.csv_bytes(answers),
    }
