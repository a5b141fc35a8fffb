"""What was found in a package or an unpacked bag: the common ground of its checks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dataset_pipeline.certify import claims as names
from dataset_pipeline.certify.bag import MAX_FILES, MAX_TAG_BYTES
from dataset_pipeline.certify.bag_text import OWN_FILES
from dataset_pipeline.certify.claims import Findings
from dataset_pipeline.certify.facts import FileFacts, Meter
from dataset_pipeline.certify.paths import clashes, path_problem


@dataclass
class Contents:
    """``name``: the bag's folder; ``files``: path inside the bag -> facts; ``texts``: the bytes of
    the four files that BagIt defines; ``package_sha256``: of the ZIP, where it is known;
    ``whole``: whether all of it could be read.
    """

    name: str = ""
    files: dict[str, FileFacts] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    package_sha256: str | None = None
    whole: bool = True

    def take(self, path: str, chunks: Iterable[bytes]) -> FileFacts:
        """Measure a file, and keep its bytes where a check will read them."""
        meter, kept = Meter(), bytearray()
        for chunk in chunks:
            meter.add(chunk)
            if path in OWN_FILES and len(kept) <= MAX_TAG_BYTES:
                kept += chunk
        if path in OWN_FILES and len(kept) <= MAX_TAG_BYTES:
            self.texts[path] = bytes(kept)
        self.files[path] = meter.facts()
        return self.files[path]


def check_names(contents: Contents, findings: Findings, shown: Callable[[str], str]) -> None:
    """Fail each path that a package may not hold, and those that some system takes for one."""
    for path in contents.files:
        if problem := path_problem(path):
            findings.fail(names.FORM, shown(path), f"its name {problem}")
    for path, earlier in clashes(contents.files):
        findings.fail(names.FORM, shown(path), f"on some systems the same file as {earlier}")
    if len(contents.files) > MAX_FILES:
        findings.fail(names.FORM, shown(""), f"more than {MAX_FILES} files")
