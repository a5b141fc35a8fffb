"""What becomes of a version after its certificate: entries in the ledger, each made once.

Nothing here happens by itself: that a refresh made a newer version neither supersedes nor withdraws
the older one.
"""

from dataclasses import dataclass

from dataset_pipeline.certify.log import Log
from dataset_pipeline.certify.standing import Standing, standings
from dataset_pipeline.errors import NotFoundError, StoreError
from dataset_pipeline.store.ledger import Entry, Ledger
from dataset_pipeline.store.store import Store

_MOST_REASON = 500
_OLD_FOLDER = "retrospective"
_CERTIFIED = ("certified", _OLD_FOLDER)


def certified_entry(store: Store, name: str) -> Entry:
    """The entry by which a version (its name, or number where only one has it) was certified.

    What ``certify-folder`` made goes by the digest that the ledger has. NotFoundError when nothing
    of this name was certified.
    """
    try:
        version = store.versions.find(name).name
    except NotFoundError as error:
        version, unknown = name, error
    else:
        unknown = NotFoundError(f"{version} is not certified: the ledger has no entry of it")
    found = [e for e in store.ledger.find(version=version) if e["kind"] in _CERTIFIED]
    if not found:
        raise unknown
    return found[-1]


def version_standings(ledger: Ledger) -> dict[str, Standing]:
    """What became of the versions that are withdrawn or superseded, by their names."""
    return standings([*ledger.find(kind="superseded"), *ledger.find(kind="withdrawn")])


@dataclass(frozen=True)
class Lifecycle:
    """Enters what becomes of the versions of a store; ``time``: RFC 3339 in UTC with ``Z``."""

    store: Store
    log: Log
    time: str

    def withdraw(self, name: str, reason: str) -> tuple[Entry, bool]:
        """Say that a version is not to be used any more: the entry, and whether it is new.

        A version is withdrawn once; the first reason stays. Raises NotFoundError, and StoreError
        for a reason that is none.
        """
        about = _about(certified_entry(self.store, name))
        once = ("version",)
        return self.log.enter("withdrawn", self.time, once=once, reason=_line(reason), **about)

    def supersede(self, old: str, new: str, reason: str) -> tuple[Entry, bool]:
        """Say that a version is to be used in place of another: the entry, and whether it is new.

        Raises NotFoundError, and StoreError when the new one does not stand itself, or is another
        dataset's: whoever is sent there would get other data than they asked for. What became of
        an old folder may be a version of any dataset: it was none itself.
        """
        replaced, successor = (certified_entry(self.store, name) for name in self._pair(old, new))
        about, by = _about(replaced), successor["version"]
        if by == about["version"]:
            raise StoreError(f"{by} cannot supersede itself")
        if replaced["kind"] != _OLD_FOLDER and successor["dataset"] != about["dataset"]:
            raise StoreError(
                f"{by} is a version of dataset {successor['dataset']!r} and cannot supersede "
                f"{about['version']}, which is one of {about['dataset']!r}; name a version of "
                f"{about['dataset']!r} by --by, or use `withdraw`"
            )
        if standing := version_standings(self.store.ledger).get(by):
            raise StoreError(f"{by} cannot supersede another: it was {standing.told()}")
        fields = {**about, "by": by, "reason": _line(reason)}
        return self.log.enter("superseded", self.time, once=("version", "by"), **fields)

    def _pair(self, old: str, new: str) -> tuple[str, str]:
        """Their names, each number by the other's dataset; as given, where that tells nothing."""
        try:
            first, second = self.store.versions.pair(old, new)
        except NotFoundError:
            return old, new
        return first.name, second.name

    def note_erasure(self, dataset: str) -> None:
        """Enter how the list of what was removed of a dataset ends, unless nothing was added to it.

        A removal that was killed before it came to this is entered with the next one.
        """
        check = self.store.tombstones(dataset).check()
        if check.entries:
            self.log.enter(
                "erasure",
                self.time,
                once=("dataset", "tombstones_sha256"),
                dataset=dataset,
                reason="retention policy",
                tombstones=check.entries,
                tombstones_sha256=check.head,
            )


def _about(certified: Entry) -> dict[str, str]:
    return {name: certified[name] for name in ("dataset", "version", "statement_sha256")}


def _line(reason: str) -> str:
    """A reason as it is entered: one line for people, which nobody can take back."""
    line = " ".join(reason.split())
    if not line or len(line) > _MOST_REASON or not line.isprintable():
        raise StoreError(f"a reason is a line of 1 to {_MOST_REASON} printable characters")
    return line
