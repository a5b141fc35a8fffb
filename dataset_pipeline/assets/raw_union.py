"""``raw``: the union of the sources, and the gates over rights."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from dataset_pipeline.assets.increment import by_record
from dataset_pipeline.assets.quarantine import file_gates
from dataset_pipeline.assets.spec import Facts, Gate, Inputs, StageSpec, Work
from dataset_pipeline.assets.surroundings import now
from dataset_pipeline.config import DatasetConfig, FilesSource
from dataset_pipeline.config_file import Dataset
from dataset_pipeline.digests import digest_of
from dataset_pipeline.laws import Finding
from dataset_pipeline.stages import raw
from dataset_pipeline.stages.attachments import CARRIED, OUTCOMES
from dataset_pipeline.stages.result import StageResult
from dataset_pipeline.stages.rights import RIGHTS_RULES, RightsDecision, rights_decisions
from dataset_pipeline.store.store import Store
from dataset_pipeline.ui.tables import Shown, Tables, table

RIGHTS_REMEDY = "mend the right, or name the source in gates.go_on_without to go on without it"


def raw_spec(dataset: Dataset) -> StageSpec:
    """All sources as one, without those that nobody may train on."""
    config = dataset.config
    sources = config.sources
    forbidden = config.task.restrictions.forbidden_categories
    catalogues = [name for name, source in sources.items() if isinstance(source, FilesSource)]

    def plan(store: Store, inputs: Inputs, today: date) -> Work:
        decisions = rights_decisions(config, dataset.folder, today)
        collected = {name: inputs[name].records.drop("record_digest") for name in sources}
        shown = {name: [d.objections, d.evidence] for name, d in decisions.items()}

        def run(records: Mapping[str, pl.LazyFrame]) -> StageResult:
            return raw.raw(records, decisions, forbidden, catalogues)

        # Attachments are resolved by the catalogues of other sources.
        alone = not catalogues and not _has_attachments(config)
        return Work(
            run=lambda: run(collected),
            external={"rights": digest_of(shown)},
            handed=tuple(inputs),
            increment=by_record(store, inputs, run) if alone else None,
        )

    return StageSpec(
        name="raw",
        version=raw.VERSION,
        group="raw",
        description="All sources as one; those without a right to train are out, with the reason.",
        inputs={name: f"raw/{name}" for name in sources},
        policy=_policy(config),
        zone="raw",
        plan=plan,
        arrived=_union,
        origins=("original",),
        assigned=False,
        for_all=RIGHTS_RULES | {raw.WITHOUT_TEXT},
        gates={
            "rights": rights_gate(dataset),
            **file_gates(dataset, [f"raw/{name}" for name in sources]),
        },
        warnings={
            "rights_expiry": expiry_gate(dataset),
            "sources_filled": filled_gate,
            **({"attachments": attachments_gate} if _has_attachments(config) else {}),
        },
        shown=_decided,
    )


def _policy(config: DatasetConfig) -> str:
    """The digest of all that decides about rights, but the day and the evidence's content."""
    declared = {
        name: {
            "rights": source.rights.plain(),
            "categories": source.categories,
            "languages": source.languages,
            "kind": source.kind,
        }
        for name, source in config.sources.items()
    }
    limits, licence = config.task.restrictions.plain(), config.certificate.licence
    return digest_of({"sources": declared, "restrictions": limits, "licence": licence})


def _has_attachments(config: DatasetConfig) -> bool:
    return any(source.fields.attachments for source in config.sources.values())


def filled_gate(_facts: Facts, inputs: Inputs) -> Finding:
    """Warns of sources without a record: a header alone is a sound file, and often a failed export.

    What is gone from a source is withdrawn, so the next version would be without all of it.
    """
    empty = [name for name, read in inputs.items() if not read.rows("records")]
    told = f"no record came from {', '.join(empty)}; is the export whole?"
    return Finding("sources_filled", not empty, told if empty else "every source gives records")


def attachments_gate(facts: Facts, _inputs: Inputs) -> Finding:
    """Warns of attachments that records name, and whose files are not known or may not be used."""
    counts = {
        outcome: int(facts["metrics"].get(f"attachments_{outcome}", 0)) for outcome in OUTCOMES
    }
    missing = [f"{count} {name}" for name, count in counts.items() if name != CARRIED and count]
    carried = f"{counts[CARRIED]} attachments are carried with their digest"
    told = f"; not found or not allowed: {', '.join(missing)}" if missing else ""
    return Finding("attachments", not missing, carried + told)


def _decided(tables: Tables) -> Shown:
    """What was decided on each source and became of attachments, for people."""
    rows = [
        [name, "out" if rule else "in", rule or "", reason]
        for name, rule, reason in tables["rights"].select("source", "rule", "reason").iter_rows()
    ]
    shown = [table("rights", ["source", "in or out", "rule", "why"], rows)]
    if tables["attachments"].height:
        counted = [list(row) for row in tables["attachments"].iter_rows()]
        shown.append(table("attachments", ["source", "outcome", "attachments"], counted))
    return shown


def _union(inputs: Inputs) -> pl.LazyFrame:
    return pl.concat([item.records.select("record_id", "split") for item in inputs.values()])


def rights_gate(dataset: Dataset) -> Gate:
    """A source may be left out for lack of rights only where ``gates.go_on_without`` names it."""

    def gate(_facts: Facts, _inputs: Inputs) -> Finding:
        return gate_finding(_decisions(dataset), dataset.config.gates.go_on_without)

    return gate


def stopped_by(dataset: Dataset) -> list[str]:
    """The sources whose rights, as of now, stop a run."""
    return _without_right(_decisions(dataset), dataset.config.gates.go_on_without)


def _decisions(dataset: Dataset) -> dict[str, RightsDecision]:
    return rights_decisions(dataset.config, dataset.folder, now().date())


def _without_right(decisions: dict[str, RightsDecision], go_on_without: Sequence[str]) -> list[str]:
    """The sources that stop a run: which, by which rule, why."""
    return [
        f"sources.{name}: {decision.rule}: {decision.reason}"
        for name, decision in decisions.items()
        if not decision.granted and name not in go_on_without
    ]


def gate_finding(decisions: dict[str, RightsDecision], go_on_without: Sequence[str]) -> Finding:
    """Whether a run may go on with these decisions; if not: which source, which rule, what now."""
    out = {name: decision for name, decision in decisions.items() if not decision.granted}
    if told := _without_right(decisions, go_on_without):
        return Finding("rights", holds=False, detail=f"{'; '.join(told)}; {RIGHTS_REMEDY}")
    if len(out) == len(decisions):
        return Finding("rights", holds=False, detail="no source may be used for training")
    left = ", ".join(f"{name} ({decision.rule})" for name, decision in out.items())
    fine = f"{len(out)} of {len(decisions)} sources are out, as gates.go_on_without names: {left}"
    return Finding("rights", holds=True, detail=fine if out else "every source may be used")


def expiry_gate(dataset: Dataset) -> Gate:
    """Warns of rights that end soon, while there is time to renew them."""
    config = dataset.config

    def gate(_facts: Facts, _inputs: Inputs) -> Finding:
        today = now().date()
        last = today + timedelta(days=config.gates.warn_before_expiry_days)
        ending = {
            name: source.rights.expires
            for name, source in config.sources.items()
            if source.rights.expires and today <= source.rights.expires <= last
        }
        told = [f"the right to {name} ends after {day}" for name, day in sorted(ending.items())]
        fine = f"no right ends by {last}"
        return Finding("rights_expiry", not told, "; ".join(told) or fine)

    return gate
