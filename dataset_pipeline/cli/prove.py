"""``contains --prove`` and ``verify-proof``: a small file that says where a record is."""

import os
import re
import stat
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataset_pipeline.cli import show
from dataset_pipeline.cli.options import NO, AsJson, answered, fail, print_json
from dataset_pipeline.cli.retention import note_reading
from dataset_pipeline.errors import NotFoundError, PipelineError, StoreError

if TYPE_CHECKING:
    from dataset_pipeline.config_file import Dataset
    from dataset_pipeline.store.store import Store

Text = Annotated[str | None, typer.Option(help="The text to look for.")]
TextFile = Annotated[Path | None, typer.Option(help="A file that holds the text.")]
RecordId = Annotated[str | None, typer.Option(help="The id of the record to look for: 32 hex.")]


_RECORD_ID = re.compile(r"[0-9a-f]{32}")


class NothingToCompareError(PipelineError):
    """A text of which nothing is left to compare, or an id that no record can have."""


def asked_text(
    text: str | None, file: Path | None, record_id: str | None, *, as_json: bool
) -> str | None:
    """The text that is asked for, None where it is a record id; exactly one must be given.

    NothingToCompareError for a text of nothing but white space, or one that is not UTF-8.
    """
    from dataset_pipeline.certify.record_names import folded
    from dataset_pipeline.files import opened

    if sum(value is not None for value in (text, file, record_id)) != 1:
        fail("give one of --text, --file and --record-id", as_json=as_json)
    if record_id is not None and not _RECORD_ID.fullmatch(record_id):
        raise NothingToCompareError("--record-id: not the id of a record, which is 32 hex digits")
    try:
        asked = TextIOWrapper(opened(file), encoding="utf-8").read() if file else text
    except (OSError, UnicodeDecodeError):
        raise NotFoundError(f"{file}: not a readable UTF-8 file") from None
    if asked is not None and any("\ud800" <= letter <= "\udfff" for letter in asked):
        raise NothingToCompareError("--text: the text is not UTF-8")
    if asked is not None and not folded(asked):
        raise NothingToCompareError("the text is empty: there is nothing to look for")
    return asked


def names_of(
    store: "Store", dataset: "Dataset", text: str | None, record_id: str | None
) -> dict[str, str]:
    """Digest -> form: of a record id, or of each form in which the dataset may hold a text.

    The given form comes first.
    """
    from dataset_pipeline.answers.contains import forms
    from dataset_pipeline.certify.record_names import record_id_digest, text_digest

    if text is None:
        return {record_id_digest(str(record_id)): str(record_id)}
    return {text_digest(form): form for form in forms(store, dataset, text)}


def write_proof(
    store: "Store", dataset: str, names: Mapping[str, str], version: str | None, file: Path
) -> dict[str, Any]:
    """Write the proof about a record by any of its names (digest -> form); what was proven."""
    from dataset_pipeline.answers.prove import certified_version, prove
    from dataset_pipeline.certify.record_proof import PRESENT, proof_bytes
    from dataset_pipeline.files import replace

    _refuse_special(file)
    found = certified_version(store, dataset, version)
    note_reading(store, dataset, "contains --prove", [found])
    statements = prove(store, found, list(names))
    data = proof_bytes(found.name, statements)
    replace(file.absolute().parent, file.absolute(), data)
    given, *_ = names
    present = [statement for statement in statements if statement.says == PRESENT]
    return {
        "version": found.name,
        "says": statements[0].says,
        "splits": [statement.tree for statement in present],
        "other_forms": sorted({names[s.digest] for s in statements if s.digest != given}),
        "proof": str(file),
        "bytes": len(data),
    }


def _refuse_special(file: Path) -> None:
    """A proof takes the place of an older one; it must not take that of a device or a link."""
    if os.path.lexists(file) and not stat.S_ISREG(file.lstat().st_mode):
        raise StoreError(f"{file}: no regular file; give a file that is not there yet")


def show_proof(told: Mapping[str, Any]) -> None:
    """What was proven, in words."""
    where = f"{' and '.join(told['splits'])} of " if told["splits"] else ""
    verb = "is in" if told["splits"] else "is not in"
    show.line(f"proven: this {verb} {where}{told['version']}")
    for form in told["other_forms"]:
        show.line(f"as this dataset would publish it (give this to verify-proof, too): {form}")
    show.line(f"{told['proof']}: {told['bytes']} bytes; it holds with the version's certificate")


def verify_proof(  # noqa: PLR0913, PLR0917  every option is a parameter
    proof: Annotated[Path, typer.Argument(help="A file that `contains --prove` wrote.")],
    certificate: Annotated[Path, typer.Option(help="The certificate of the version.")],
    trust: Annotated[
        Path | None, typer.Option(help="PEM file (or folder) of the public keys that you trust.")
    ] = None,
    text: Text = None,
    file: TextFile = None,
    record_id: RecordId = None,
    as_json: AsJson = False,
) -> None:
    """Check a proof that a record is in a version or is not: offline, without store or package."""
    from dataset_pipeline.certify.record_names import folded, record_id_digest, text_digest
    from dataset_pipeline.certify.record_proof import check_proof

    with answered(as_json=as_json):
        asked = None
        if (text, file, record_id) != (None, None, None):
            wanted = asked_text(text, file, record_id, as_json=as_json)
            asked = (
                record_id_digest(str(record_id)) if wanted is None else text_digest(folded(wanted))
            )
        result = check_proof(proof, certificate, trust=trust, asked=asked)
    if as_json:
        print_json(result.to_json())
    else:
        show.verification(result)
    raise typer.Exit(0 if result.ok else NO)
