"""What the certificate of a model says: the link from the model to a dataset version."""

from collections.abc import Mapping, Sequence
from typing import Any

from dataset_pipeline.certify.completeness import Basis, Gap, completeness, gap
from dataset_pipeline.certify.layout import RUN
from dataset_pipeline.certify.not_looked_for import model_gaps
from dataset_pipeline.digests import digest_of
from dataset_pipeline.store.versions import Version

_SECTIONS: Mapping[str, tuple[Basis, ...]] = {
    "data": ("observed",),
    "training": ("observed",),
    "evaluation": ("observed",),
    "privacy": ("observed",),
}


def training_predicate(
    run: Mapping[str, Any],
    version: Version,
    certificate: str,
    *,
    uncovered: Sequence[str],
    issued: str,
) -> dict[str, Any]:
    """The predicate (``schemas/training-v1.json`` tells each field).

    ``run``: the record of the run that lies in the model's folder; ``certificate``: the SHA-256 of
    the statement about ``version``; ``uncovered``: kinds of personal data that nothing looked for
    in the texts. Not in it: ``time``.
    """
    gaps = _gaps(run, uncovered)
    return {
        "run": run["run"],
        "dataset": version.dataset,
        "version": {"name": version.name, "content_digest": version.content},
        "certificate_sha256": certificate,
        "dependencies": _dependencies(run, version, certificate),
        "model_digest": run["model_digest"],
        "trainer": run["trainer"],
        "metrics": run["metrics"],
        "finished_at": run["finished_at"],
        "issued": issued,
        "reconstructed": False,
        "completeness": completeness(_SECTIONS, gaps, {}),
        "gaps": gaps,
    }


def unlike(run: Mapping[str, Any], version: Version, files: Mapping[str, str]) -> list[str]:
    """Where the run's record is not about this version or these files (SHA-256), in words."""
    wanted = {
        "dataset": version.dataset,
        "version": version.name,
        "version_content": version.content,
        "splits": version.snapshots.get("splits"),
    }
    found = [
        f"{RUN}: {name} is not that of {version.name}; train it again"
        for name, value in wanted.items()
        if run.get(name) != value
    ]
    model = digest_of({name: sha256 for name, sha256 in files.items() if name != RUN})
    if run.get("model_digest") != model:
        found.append(f"{RUN}: its model_digest is not that of the files beside it; train it again")
    return found


def _dependencies(
    run: Mapping[str, Any], version: Version, certificate: str
) -> list[dict[str, Any]]:
    """What the model was made from, as in-toto's resource descriptors."""
    digests = {
        version.name: version.content,
        f"{version.dataset}/splits": run["splits"],
        f"{version.name}.certificate.json#statement": certificate,
    }
    found: list[dict[str, Any]] = [
        {"name": name, "digest": {"sha256": digest}} for name, digest in digests.items()
    ]
    if software := run.get("software"):
        uri = f"pkg:generic/dataset-pipeline@{software['version']}"
        found.append(
            {"name": "dataset_pipeline", "uri": uri, "digest": {"dirHash1": software["source"]}}
        )
    return found


def _gaps(run: Mapping[str, Any], uncovered: Sequence[str]) -> list[Gap]:
    """What nobody looked for in the text may stand in the model's vocabulary."""
    gaps = model_gaps(uncovered)
    if not run.get("software"):
        gaps.append(gap("training", "by which code it was trained", "it was not recorded"))
    return gaps
