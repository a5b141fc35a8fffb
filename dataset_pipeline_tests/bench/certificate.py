"""A version's package over many records: written, looked through again, and signed.

    python -m dataset_pipeline_tests.bench.certificate make FOLDER 1000000
    python -m dataset_pipeline_tests.bench.certificate package FOLDER
    python -m dataset_pipeline_tests.bench.certificate peer PACKAGE COPY

``make`` puts snapshots of every stage into a store, as runs would. ``package`` writes the packages,
builds the trees of their records, reads and checks every byte again, and signs the statement about
them; ``peer`` is ``sha256sum`` and ``cp`` over the same bytes. Both print their seconds.
"""

import json
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from dataset_pipeline.certify.envelope import sign_statement
from dataset_pipeline.certify.inspect import inspect_packages
from dataset_pipeline.certify.keys import load_or_create_signer
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.package import write_packages
from dataset_pipeline.certify.record_files import write_trees
from dataset_pipeline.certify.record_tree import record_trees
from dataset_pipeline.certify.statement import dataset_statement
from dataset_pipeline.stages.texts import comparison_text
from dataset_pipeline_tests.bench.corpus import corpus
from dataset_pipeline_tests.made import made_records, made_version
from dataset_pipeline_tests.small import task

_CONTENT = "content.pickle"


def make(folder: Path, count: int) -> None:
    """Write the snapshots, and what a version is made of."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = task("classification", labels=["yes"])
    records = made_records(corpus(count))
    (folder / _CONTENT).write_bytes(pickle.dumps(made_version(folder, records, task=labels)))


def package(folder: Path) -> dict[str, Any]:
    """Write, grow trees, look through and sign; the seconds of each, and what was written."""
    content, version = pickle.loads((folder / _CONTENT).read_bytes())  # noqa: S301  our own
    files, room = VersionFiles(folder / "version", version.name), folder / "room"
    room.mkdir()
    started = time.perf_counter()
    write_packages(content, version, files.folder, room)
    written = time.perf_counter()
    text = comparison_text(["prompt"]).alias("text")
    records = content.snapshots["splits"].records.select("record_id", text, "split")
    write_trees(record_trees(records, bytes(32)), folder / "trees", folder)
    grown = time.perf_counter()
    packages, problems = inspect_packages(files, content.config.package)
    if packages is None:
        raise SystemExit("; ".join(problems))
    statement = dataset_statement(packages.subjects(version.name), {"version": version.name})
    signed = sign_statement(statement, load_or_create_signer(folder / "key.pem"))
    files.certificate.write_bytes(signed)
    return {
        "write": written - started,
        "trees": grown - written,
        "certify": time.perf_counter() - grown,
        "mib": files.package.stat().st_size / (1 << 20),
        "package": str(files.package),
    }


def peer(source: str, target: str) -> float:
    """``sha256sum`` and ``cp``; seconds."""
    started = time.perf_counter()
    subprocess.run(["sha256sum", source], check=True, capture_output=True)
    subprocess.run(["cp", source, target], check=True)
    return time.perf_counter() - started


def main(what: str, folder: str, last: str = "") -> None:
    """One of the three."""
    if what == "make":
        make(Path(folder), int(last))
    else:
        print(json.dumps(package(Path(folder)) if what == "package" else peer(folder, last)))


if __name__ == "__main__":
    main(*sys.argv[1:])
