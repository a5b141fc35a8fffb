"""``package`` and ``certificate``: a version's archive, and the signed statement about it."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from filelock import FileLock

from dataset_pipeline.assets import recheck, sealing, stamp_check, withdrawn_check
from dataset_pipeline.assets.evidence import remembered
from dataset_pipeline.assets.guard import guarded
from dataset_pipeline.assets.resources import StoreResource
from dataset_pipeline.assets.surroundings import now, signer, timestamp
from dataset_pipeline.certify.approve import enter_approvals
from dataset_pipeline.certify.bag import BagDigests
from dataset_pipeline.certify.claims import PENDING, SIGNATURE
from dataset_pipeline.certify.completeness import not_allowed
from dataset_pipeline.certify.content import PackageContent
from dataset_pipeline.certify.envelope import read_envelope, sign_statement
from dataset_pipeline.certify.inspect import inspect_packages
from dataset_pipeline.certify.keys import key_id, public_pem
from dataset_pipeline.certify.layout import VersionFiles
from dataset_pipeline.certify.log import Log
from dataset_pipeline.certify.package import write_packages
from dataset_pipeline.certify.predicate import dataset_predicate, declared_gaps
from dataset_pipeline.certify.recheck import CertificationRefusedError
from dataset_pipeline.certify.record_files import store_key, write_trees
from dataset_pipeline.certify.record_tree import record_trees, version_secret
from dataset_pipeline.certify.stage_statements import stage_statements
from dataset_pipeline.certify.standing import STANDING
from dataset_pipeline.certify.statement import dataset_statement
from dataset_pipeline.certify.statement_lines import statement_lines, statements_said
from dataset_pipeline.certify.verify import verify
from dataset_pipeline.certify.withdrawn import withdrawn_why
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.files import publish, replace, write_once
from dataset_pipeline.provenance.events import DIGEST, INPUTS, EventLog, Materialization
from dataset_pipeline.stages.personal.recognizers import methods
from dataset_pipeline.stages.redaction.paths import told_paths
from dataset_pipeline.stages.texts import comparison_text
from dataset_pipeline.store.ledger import EntryKind
from dataset_pipeline.store.store import Store
from dataset_pipeline.store.versions import Version, Wanted
from dataset_pipeline.ui import words
from dataset_pipeline.ui.metadata import certificate_metadata

GROUP = "certificate"
CODE_VERSION = "1"


def certificate_assets(dataset: Dataset) -> list[dg.AssetsDefinition]:
    """The package and its certificate."""
    return [_package(dataset), _certificate(dataset)]


def asset_key(dataset: Dataset, name: str) -> dg.AssetKey:
    """The key of one of a dataset's assets."""
    return dg.AssetKey([dataset.name, *name.split("/")])


def _package(dataset: Dataset) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(dataset, "package"),
        deps=[asset_key(dataset, "splits")],
        group_name=dataset.name,
        description="The version's archive: a BagIt bag as a ZIP whose bytes follow from content.",
        kinds={"bagit"},
        owners=dataset.config.owners,
        tags={"dataset": dataset.name, "stage_group": GROUP},
        code_version=CODE_VERSION,
        pool=dataset.name,
    )
    def package(context: dg.AssetExecutionContext, store: StoreResource):  # type: ignore[no-untyped-def]
        with guarded(store.store, "package"), store.store.in_use():
            chain = _chain(dataset, context)
            content = package_content(dataset, store.store, chain)
            version = _assigned(dataset, store.store, content)
            written = _write(store.store, content, version)
            return dg.MaterializeResult(
                data_version=dg.DataVersion(version.content),
                metadata={
                    DIGEST: version.content,
                    INPUTS: _read(chain[-1]),
                    "version": version.name,
                    "package": dg.MetadataValue.path(_files(store.store, version).package),
                    "computation": "written" if written else "unchanged: no new version",
                    "reused": not written,
                },
            )

    return package


def _chain(dataset: Dataset, context: dg.AssetExecutionContext) -> list[Materialization]:
    """The materializations that led to the splits, sources first."""
    return EventLog(context.instance).lineage(asset_key(dataset, "splits"), context.run.run_id)


def _read(made: Materialization) -> dict[str, dict[str, str]]:
    return {made.asset: {"digest": made.digest, "run_id": made.run_id}}


def package_content(
    dataset: Dataset, store: Store, chain: Sequence[Materialization]
) -> PackageContent:
    """What the version of these materializations is made of."""
    names = [made.asset.removeprefix(f"{dataset.name}/") for made in chain]
    snapshots = {
        name: store.snapshots.open(made.digest) for name, made in zip(names, chain, strict=True)
    }
    collected = {
        name.removeprefix("raw/"): made.metadata["external"]["batch"]
        for name, made in zip(names, chain, strict=True)
        if "batch" in made.metadata.get("external", {})
    }
    digests = dataset.documents()
    documents = {path: dataset.file(path) for path in digests}
    looked_for = methods(dataset.config.stages.redacted)
    return PackageContent(
        dataset=dataset.name,
        config=dataset.config,
        snapshots=snapshots,
        batches=_batches(dataset, store, collected),
        documents=documents,
        document_digests=digests,
        methods=looked_for,
        copies=store.batches.copy,
    )


def _batches(
    dataset: Dataset, store: Store, collected: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Each source's batch: its files by SHA-256; their names without what is personal in them."""
    files = {source: store.batches.facts(digest)["files"] for source, digest in collected.items()}
    names = [file["name"] for of_one in files.values() for file in of_one]
    evidence = remembered(store.evidence)
    told = iter(told_paths(names, dataset.config.stages.redacted, evidence))
    return {
        source: {"batch": digest, "files": [{**file, "name": next(told)} for file in files[source]]}
        for source, digest in collected.items()
    }


def _assigned(dataset: Dataset, store: Store, content: PackageContent) -> Version:
    config = dataset.config
    snapshots = {name: snapshot.digest for name, snapshot in content.snapshots.items()}
    wanted = Wanted(dataset.name, config.title, config.version, content.digest, snapshots)
    return store.versions.assign(wanted, now().date())


def _files(store: Store, version: Version) -> VersionFiles:
    return VersionFiles(store.versions.folder(version), version.name)


def _write(store: Store, content: PackageContent, version: Version) -> bool:
    """Write the packages unless they are there; True when this call wrote the one of the data."""
    files = _files(store, version)
    if files.package.is_file():
        return False
    with tempfile.TemporaryDirectory(dir=store.temporary) as folder:
        staging, room = VersionFiles(Path(folder) / "staging", version.name), Path(folder) / "room"
        room.mkdir()
        packages = write_packages(content, version, staging.folder, room)
        if packages.documentation:
            note_export(store, version, staging.documentation, packages.documentation)
            publish(staging.documentation, files.documentation)
        note_export(store, version, staging.package, packages.data)
        # False: another run was faster; it wrote the same bytes. The data is last: with it, all is.
        return publish(staging.package, files.package)


def note_export(store: Store, version: Version, package: Path, digests: BagDigests) -> None:
    """Enter a package in the access log, before anybody can have it."""
    store.access_log(version.dataset).note(
        "export",
        version.dataset,
        now(),
        about=version.name,
        digests=[version.content, digests.package_sha256],
        counts={"bytes": package.stat().st_size},
    )


def _certificate(dataset: Dataset) -> dg.AssetsDefinition:
    key = asset_key(dataset, "certificate")

    @dg.asset(
        key=key,
        deps=[asset_key(dataset, "package")],
        group_name=dataset.name,
        description="The signed statement about a version; it looks at everything again first.",
        kinds={"intoto", "ed25519"},
        owners=dataset.config.owners,
        tags={"dataset": dataset.name, "stage_group": GROUP},
        code_version=CODE_VERSION,
        pool=dataset.name,
        check_specs=[
            dg.AssetCheckSpec(
                "certified", asset=key, blocking=True, description=words.CHECKS["certified"]
            ),
            withdrawn_check.check_spec(key),
            *stamp_check.check_specs(dataset, key),
        ],
    )
    def certificate(context: dg.AssetExecutionContext, store: StoreResource):  # type: ignore[no-untyped-def]
        with guarded(store.store, "certificate"), store.store.in_use():
            made = EventLog(context.instance).current(
                asset_key(dataset, "package"), context.run.run_id
            )
            version = store.store.versions.find(made.metadata["version"], dataset.name)
            fresh = _certify(dataset, store.store, version, context)
            files = _files(store.store, version)
            stamping = sealing.seal(dataset, store.store, files.certificate)
            envelope = read_envelope(files.certificate.read_bytes())
            statement = sha256_hex(envelope.payload)
            enter(store.store, "certified", version, statement)
            log = Log(store.store.ledger, signer)
            enter_approvals(log, dataset.name, version.name, envelope, timestamp(now()))
            return dg.MaterializeResult(
                data_version=dg.DataVersion(statement),
                metadata={
                    "version": version.name,
                    "computation": "signed" if fresh else "unchanged: verified again",
                    **certificate_metadata(envelope.statement["predicate"], files.folder),
                    **sealing.sealing_metadata(envelope, files.certificate, stamping),
                    "certificate": dg.MetadataValue.path(files.certificate),
                    DIGEST: statement,
                    INPUTS: _read(made),
                    "reused": not fresh,
                },
                check_results=[
                    dg.AssetCheckResult(
                        asset_key=key, check_name="certified", passed=True, description=version.name
                    ),
                    withdrawn_check.check_result(store.store, key, version),
                    *stamp_check.check_results(dataset, key, stamping),
                ],
            )

    return certificate


def _certify(
    dataset: Dataset, store: Store, version: Version, context: dg.AssetExecutionContext
) -> bool:
    """Sign the statement about a version unless it is signed; True when this call signed it.

    A version that is signed already is verified again: what was damaged since is not waved through.
    """
    files = _files(store, version)
    if files.certificate.is_file():
        still_sound(files.folder, version.name, withdrawn_why(store, version.name))
        return False
    chain = _chain(dataset, context)
    content = package_content(dataset, store, chain)
    stages = [recheck.told(made) for made in chain]
    looked = recheck.look_again(dataset, stages, content)
    reasons = [reason.why for reason in looked.reasons if reason.section is None]
    gaps = declared_gaps(content, stages, looked.reasons) if looked.residue else []
    reasons += not_allowed(gaps, dataset.config.certificate.partial_allowed)
    if content.digest != version.content:
        reasons.append("the newest materializations are not what the package holds; run it again")
    packages, problems = inspect_packages(files, content.config.package)
    reasons += [*problems, *sealing.own_approvals(dataset, key_id(public_pem(signer())))]
    if reasons or packages is None or looked.residue is None:
        raise CertificationRefusedError(version.name, reasons)
    issued, residue = timestamp(now()), looked.residue
    told = dataset_predicate(
        content, version, packages.data, stages, gaps=gaps, residue=residue, issued=issued
    )
    lines = statement_lines(stage_statements(stages), signer())
    predicate = {
        **told,
        **sealing.said(dataset),
        "records": _provable(store, version, content),
        "statements": statements_said(files.statements.name, lines),
    }
    statement = dataset_statement(packages.subjects(version.name), predicate)
    beside = {files.statements: lines}
    return signed(store, statement, files.certificate, files.public_key, beside)


def _provable(store: Store, version: Version, content: PackageContent) -> dict[str, Any]:
    """Build and keep the trees that single records are proven by; what the certificate says."""
    text = comparison_text(["prompt"]).alias("text")
    records = content.snapshots["splits"].records.select("record_id", text, "split")
    trees = record_trees(records, version_secret(store_key(store.records), version.content))
    write_trees(trees, store.records, store.temporary)
    return trees.commitment()


def still_sound(folder: Path, name: str, remedies: Sequence[str] = ()) -> None:
    """CertificationRefusedError, with every reason, when what was signed is not as it was.

    What is pending is none: nobody waits for a stamp or an approval. ``remedies`` are told last.
    """
    found = verify(folder)
    doubted = [claim for claim in found.failed if claim.name != PENDING]
    signatures = [claim for claim in found.claims if claim.name == SIGNATURE]
    if doubted or not any(claim.status == "ok" for claim in signatures):
        reasons = [f"{claim.file or claim.name}: {claim.detail}" for claim in doubted or signatures]
        if any(claim.name != STANDING for claim in doubted or signatures):
            reasons.append("restore these files from a copy")
        raise CertificationRefusedError(name, [*reasons, *remedies])


def signed(
    store: Store,
    statement: Mapping[str, Any],
    certificate: Path,
    key: Path,
    beside: Mapping[Path, bytes] | None = None,
) -> bool:
    """Sign a statement and put the key beside it, unless it is signed; True when this call did.

    ``beside``: files that the statement names, with their content. What lies there without a
    certificate was left by a run that was killed; it may be another's.
    """
    signing = signer()
    with FileLock(store.signing_lock):
        if certificate.is_file():
            return False
        replace(store.temporary, key, public_pem(signing))
        for path, data in (beside or {}).items():
            replace(store.temporary, path, data)
        return write_once(store.temporary, certificate, sign_statement(statement, signing))


def enter(store: Store, kind: EntryKind, version: Version, statement: str, **more: str) -> None:
    """Write the ledger's entry about a statement, unless it is there (a run was killed before)."""
    Log(store.ledger, signer).enter(
        kind,
        timestamp(now()),
        once=("statement_sha256",),
        dataset=version.dataset,
        version=version.name,
        statement_sha256=statement,
        **more,
    )
