"""What the names in the UI mean: columns, checks, and by what right a source is used."""

from dataset_pipeline.config import EvidenceFile, EvidenceUrl, Redacted, Rights
from dataset_pipeline.ui.tables import escaped

COLUMNS = {
    "record_id": "32 hex of SHA-256 over the source and its own key: stable over refreshes.",
    "source_id": "The source, annotation file or distillate file that it came from.",
    "batch_id": "Digest of what one collection brought.",
    "source_ref": "File and row that it was read from.",
    "origin": "original, transformed, human_annotated or model_generated.",
    "parents": "The records that it was made from.",
    "generation": "How many models deep it is; 0: no model wrote any of it.",
    "group_id": "What must not be torn apart between splits, pseudonymized.",
    "event_time": "When it happened, in UTC.",
    "prompt": "What the model reads.",
    "context": "Earlier turns of the conversation.",
    "completion": "What the model should answer.",
    "rejected": "An answer that it should not give.",
    "label": "The class that it should name.",
    "language": "Language tag; und: not determined.",
    "attributes": "What coverage and bias are measured by.",
    "attachments": "Files that belong to it: name, SHA-256, media type and size.",
    "split": "train, validation or test; assigned once, by a stable key.",
    "record_digest": "SHA-256 of the record's content.",
    "annotation_id": "Digest of annotator, record, label and time.",
    "annotator": "Pseudonym of who labelled it.",
    "adjudicator": "Pseudonym of who settled it.",
    "guideline": "The version of the guideline that was followed.",
    "guideline_digest": "SHA-256 of that guideline's file.",
}

CHECKS = {
    "laws": "Conservation, evidence, held-out untouched, separation and schema hold here.",
    "contract": "The source keeps what its contract promises of its columns; breaches are counted.",
    "freshness": "The newest event is recent enough, on the day of this materialization.",
    "drift": "Columns, missing values and categories are much as in the batch before.",
    "quarantined_share": "Few enough rows could not be read; they are kept aside, with the reason.",
    "files_read": "Every file was read to its end; what follows damage nobody knows.",
    "rights": "Every source may be used for training, but those that may be left out by name.",
    "rights_expiry": "No right to a source ends soon (gates.warn_before_expiry_days).",
    "sources_filled": "Every source gives records; one that does not is often a failed export.",
    "attachments": "Every file that a record names is known by its digest, and may be used.",
    "no_residue": "A second scan of the masked text finds none of the personal data it looks for.",
    "agreement": "Annotators agree well enough, beyond chance (Cohen's kappa).",
    "annotations_placed": "Every annotation names a record that is here; others are listed.",
    "no_leakage": "No record, group, near-duplicate cluster or text stands in two splits.",
    "enough_records": "There are enough records to train on.",
    "certified": "Everything was looked at again, and the statement about it is signed.",
    "not_withdrawn_before": "No version that had these very records was withdrawn.",
    "time_stamped": "A time-stamping authority says when the certificate was there.",
    "success_criteria": "The model reaches the figures that the task asks for.",
}


def rights_text(rights: Rights) -> str:
    """By what right a source is used, as Markdown."""
    until = f" until {rights.expires}" if rights.expires else ""
    on = f" on {rights.approved_on}" if rights.approved_on else ""
    by = f"; approved by {rights.approved_by}{on}" if rights.approved_by else "; approved by nobody"
    licence = f" ({rights.licence})" if rights.licence else ""
    basis = rights.basis.replace("_", " ")
    return (
        f"**Right:** {basis}{escaped(licence)}: {escaped(evidence_text(rights))}{escaped(by)}. "
        f"**Training:** {rights.training}{until}. **Redistribution:** {rights.redistribution}."
    )


def evidence_text(rights: Rights) -> str:
    """Where the evidence for a right stands."""
    evidence = rights.evidence
    if isinstance(evidence, EvidenceFile):
        return evidence.file
    if isinstance(evidence, EvidenceUrl):
        return f"{evidence.url} as of {evidence.retrieved}"
    return evidence or "without evidence"


def coverage_text(policy: Redacted) -> str:
    """What personal data is looked for and what is not, as Markdown."""
    looked_for = ", ".join([*policy.entities, *policy.patterns])
    missed = ", ".join(policy.not_looked_for) or "nothing that the configuration names"
    return f"**Looked for:** {escaped(looked_for)}. **Not looked for:** {escaped(missed)}."
