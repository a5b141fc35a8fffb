"""What assets work with: the store, and the IO manager that hands them snapshots."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from dataset_pipeline.errors import StoreError
from dataset_pipeline.provenance.events import EventLog
from dataset_pipeline.store.snapshots import Snapshot
from dataset_pipeline.store.store import Store


class StoreResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The store below a folder."""

    root: str

    @cached_property
    def store(self) -> Store:
        """The store, opened on first use."""
        return Store(Path(self.root))


@dataclass(frozen=True)
class StageInput:
    """A snapshot that an asset reads, and the run that materialized it."""

    snapshot: Snapshot
    run_id: str


class SnapshotIOManager(dg.ConfigurableIOManager):
    """Hands an asset its inputs as snapshots with lazy frames.

    An asset writes its snapshot itself (its digest is its data version), so nothing is left to
    write here. An input is what the same run made, else what was materialized last.
    """

    store: StoreResource
    # What runs in this process made: it need not be looked up in the event log.
    _made: dict[tuple[str, dg.AssetKey], Snapshot] = PrivateAttr(default_factory=dict)

    def handle_output(self, context: dg.OutputContext, obj: Snapshot) -> None:
        """Make sure that what is announced is in the store."""
        if not self.store.store.snapshots.has(obj.digest):
            name = context.asset_key.to_user_string()
            raise StoreError(f"{name}: snapshot {obj.digest[:12]} is not in the store")
        self._made[context.run_id, context.asset_key] = obj

    def load_input(self, context: dg.InputContext) -> StageInput:
        """The snapshot that an asset reads."""
        step = context.step_context
        if mine := self._made.get((step.run_id, context.asset_key)):
            return StageInput(mine, step.run_id)
        made = EventLog(step.instance).current(context.asset_key, step.run_id)
        return StageInput(self.store.store.snapshots.open(made.digest), made.run_id)
