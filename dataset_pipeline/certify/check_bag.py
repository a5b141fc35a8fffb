"""Is it the bag that it says to be? RFC 8493's validity, and nothing there that is unlisted."""

from collections.abc import Mapping

from dataset_pipeline.certify import bag_text
from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.contents import Contents
from dataset_pipeline.certify.facts import FileFacts


def check_bag(contents: Contents, findings: Findings) -> None:
    """Check declaration, manifests, digests and Payload-Oxum of what was found."""
    payload = {p: f for p, f in contents.files.items() if p.startswith(bag_text.PAYLOAD)}
    tags = {p: f for p, f in contents.files.items() if p not in payload}
    tags.pop(bag_text.TAG_MANIFEST, None)
    _check_declaration(contents, findings)
    _check_payload(contents, payload, findings)
    _check_extent(contents, payload, findings)
    _check_tags(contents, tags, findings)


def _check_declaration(contents: Contents, findings: Findings) -> None:
    file = bag_text.DECLARATION
    text = _text(contents, file, names.DECLARATION, findings)
    if text not in {None, bag_text.DECLARATION_BYTES}:
        findings.fail(names.DECLARATION, file, "is not that of BagIt 1.0 in UTF-8")
    findings.close(names.DECLARATION, "BagIt 1.0, UTF-8")


def _check_payload(
    contents: Contents, payload: Mapping[str, FileFacts], findings: Findings
) -> None:
    listed = _listed(contents, bag_text.MANIFEST, names.MANIFEST, findings)
    if listed is None:
        return
    if not payload:
        findings.fail(names.MANIFEST, bag_text.PAYLOAD, "there is no payload")
    _check_listing(listed, payload, bag_text.MANIFEST, names.MANIFEST, findings)
    findings.close(names.MANIFEST, f"{len(listed)} payload files, all listed and all here")
    _check_digests(listed, payload, names.DIGESTS, findings)
    findings.close(names.DIGESTS, f"SHA-256 of {len(listed)} payload files as in the manifest")


def _check_tags(contents: Contents, tags: Mapping[str, FileFacts], findings: Findings) -> None:
    listed = _listed(contents, bag_text.TAG_MANIFEST, names.TAGS, findings)
    if listed is None:
        return
    _check_listing(listed, tags, bag_text.TAG_MANIFEST, names.TAGS, findings)
    for path in tags:
        if path not in bag_text.OWN_FILES and (problem := bag_text.tag_file_problem(path)):
            findings.fail(names.TAGS, path, problem)
    _check_digests(listed, tags, names.TAGS, findings)
    findings.close(names.TAGS, f"{len(listed)} tag files, all listed, all with their SHA-256")


def _check_extent(contents: Contents, payload: Mapping[str, FileFacts], findings: Findings) -> None:
    text = _text(contents, bag_text.INFO, names.EXTENT, findings)
    if text is None:
        return
    elements, problems = bag_text.read_info(text)
    findings.fail_all(names.EXTENT, bag_text.INFO, problems)
    size = sum(facts.size for facts in payload.values())
    if problem := bag_text.oxum_problem(elements, size, len(payload)):
        findings.fail(names.EXTENT, bag_text.INFO, problem)
    findings.close(names.EXTENT, f"{size} bytes in {len(payload)} files")


def _listed(contents: Contents, file: str, claim: str, findings: Findings) -> dict[str, str] | None:
    text = _text(contents, file, claim, findings)
    if text is None:
        return None
    listed, problems = bag_text.read_manifest(text)
    findings.fail_all(claim, file, problems)
    return listed


def _text(contents: Contents, file: str, claim: str, findings: Findings) -> bytes | None:
    if file not in contents.texts:
        why = "is too long to be read" if file in contents.files else "is missing"
        findings.fail(claim, file, why)
    return contents.texts.get(file)


def _check_listing(
    listed: Mapping[str, str],
    found: Mapping[str, FileFacts],
    manifest: str,
    claim: str,
    findings: Findings,
) -> None:
    for path in sorted(listed.keys() - found.keys()):
        findings.fail(claim, path, f"is listed in {manifest} and is not here")
    for path in sorted(found.keys() - listed.keys()):
        findings.fail(claim, path, f"is here and is not listed in {manifest}")


def _check_digests(
    listed: Mapping[str, str], found: Mapping[str, FileFacts], claim: str, findings: Findings
) -> None:
    for path, digest in listed.items():
        if path in found and found[path].sha256 != digest:
            findings.fail(claim, path, "its SHA-256 is not the one in the manifest")
