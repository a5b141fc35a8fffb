"""Versions: names for certified states of a dataset. A name never comes to mean other content."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from filelock import FileLock

from dataset_pipeline.digests import canonical_json
from dataset_pipeline.errors import NotFoundError, StoreError
from dataset_pipeline.files import write_once

FLOW = (
    "raw", "normalized", "screened", "redacted", "deduplicated", "clean", "annotated", "distilled",
    "curated", "splits",
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Version:
    """A version: ``<Title>_v<base>.<patch>_<day>`` and the content that it names.

    ``snapshots`` gives each stage (``raw/crm``, ``clean``, …) the digest of its output.
    """

    base: str
    patch: int
    name: str
    dataset: str
    content: str
    day: str
    snapshots: Mapping[str, str] = field(compare=False)

    @property
    def number(self) -> str:
        """``<major>.<minor>.<patch>``."""
        return f"{self.base}.{self.patch}"

    def stages(self) -> list[str]:
        """The stages in the order of the flow: what was brought in, then what was made of it."""
        place = {name: index for index, name in enumerate(FLOW)}
        return sorted(self.snapshots, key=lambda name: (place.get(name, -1), name))


@dataclass(frozen=True)
class Wanted:
    """Content that needs a version: of which dataset, under which title and major.minor."""

    dataset: str
    title: str
    base: str
    content: str
    snapshots: Mapping[str, str]


class VersionStore:
    """Versions by dataset, below ``versions/``; each has a folder of its own for its files."""

    def __init__(self, root: Path, locks: Path, temporary: Path):
        self._root, self._locks, self._temporary = root, locks, temporary

    def folder(self, version: Version) -> Path:
        """Where the version's package and certificate are."""
        return self._root / version.dataset / version.name

    def assign(self, wanted: Wanted, today: date) -> Version:
        """The version of this content: the one that it has, else the next patch of its base.

        Of two runs that ask at once for the same content, both get the same version. StoreError
        where another dataset has this title, and nothing is written.
        """
        dataset, base, content = wanted.dataset, wanted.base, wanted.content
        self._locks.mkdir(parents=True, exist_ok=True)
        with FileLock(self._locks / "versions.lock"):  # of all datasets: titles are everybody's
            known = self.all(dataset)
            if same := [version for version in known if version.content == content]:
                return same[-1]
            self._keep_title(wanted)
            patches = [version.patch for version in known if version.base == base]
            patch = max(patches, default=-1) + 1
            day = today.isoformat()
            name = f"{_stem(wanted.title)}_v{base}.{patch}_{day}"
            version = Version(base, patch, name, dataset, content, day, dict(wanted.snapshots))
            path = self._index(dataset) / f"{name}.json"
            write_once(self._temporary, path, canonical_json(asdict(version)))
            return version

    def all(self, dataset: str) -> list[Version]:
        """Every version of a dataset, by number: a clock that is set back changes nothing."""
        paths = self._index(dataset).glob("*.json")
        found = [_read(path) for path in paths]
        return sorted(found, key=lambda version: (_numbers(version), version.day))

    def datasets(self) -> list[str]:
        """The datasets that have versions."""
        return sorted(path.name for path in self._root.glob("*") if path.is_dir())

    def find(self, name: str, dataset: str | None = None) -> Version:
        """The version of this name, or the only one of this number (``1.0.2`` or ``v1.0.2``).

        Where several datasets have the number, it is said with the dataset: ``tickets/1.0.2``.
        ``dataset``: among the versions of this one alone. NotFoundError when it is not one.
        """
        found = self.called(name, dataset)
        if len(found) > 1:
            names = ", ".join(version.name for version in found)
            how = f"say which one, or whose, like {found[0].dataset}/{found[0].number}"
            raise NotFoundError(f"{len(found)} versions are called {name}: {names}; {how}")
        if not found:
            known = ", ".join(version.name for version in self._among(dataset)) or "none"
            of = f" of {dataset}" if dataset else ""
            raise NotFoundError(f"no version {name!r}{of} (there: {known})")
        return found[0]

    def called(self, name: str, dataset: str | None = None) -> list[Version]:
        """The versions that a name or a number may mean; several where datasets share a number."""
        of, slash, number = name.rpartition("/")
        if slash:
            return self.called(number, of) if dataset in (None, of) else []
        everything = self._among(dataset)
        exact = [version for version in everything if version.name == name]
        return exact or [v for v in everything if v.number == name.removeprefix("v")]

    def pair(self, first: str, second: str) -> tuple[Version, Version]:
        """Two versions; a number of several datasets is that of the other version's dataset.

        NotFoundError where that does not tell which ones are meant.
        """
        one, other = self.called(first), self.called(second)
        if len(one) == 1 and len(other) != 1:
            return one[0], self.find(second, one[0].dataset)
        if len(other) == 1 and len(one) != 1:
            return self.find(first, other[0].dataset), other[0]
        return self.find(first), self.find(second)

    def _among(self, dataset: str | None) -> list[Version]:
        datasets = self.datasets() if dataset is None else [dataset]
        return [version for each in datasets for version in self.all(each)]

    def _keep_title(self, wanted: Wanted) -> None:
        """A title is the dataset's that had a version by it first; names would else mean two."""
        named = re.compile(rf"{re.escape(_stem(wanted.title))}_v[\d.]+_[\d-]+")
        holders = [
            dataset
            for dataset in self.datasets()
            if any(named.fullmatch(path.stem) for path in self._index(dataset).glob("*.json"))
        ]
        if holders and wanted.dataset not in holders:
            raise StoreError(
                f"{self._root / holders[0]} has versions by the title {wanted.title!r}, which "
                f"dataset {wanted.dataset!r} has, too; nothing was written: give "
                f"{wanted.dataset!r} another title in its dataset.yaml, then run it again"
            )

    def _index(self, dataset: str) -> Path:
        return self._root / dataset / "index"


def _stem(title: str) -> str:
    """A title as it stands in the names of versions."""
    return title.replace(" ", "_")


def _read(path: Path) -> Version:
    try:
        return Version(**json.loads(path.read_bytes()))
    except (ValueError, TypeError):
        raise StoreError(f"{path}: not a version's entry; restore it from a copy") from None


def _numbers(version: Version) -> tuple[int, ...]:
    return (*(int(part) for part in version.base.split(".")), version.patch)
