"""Scanning: where recognizers find something in texts, as evidence that can be remembered."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import polars as pl

from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.stages import personal
from dataset_pipeline.stages.evidence import Detector, Evidence, of_distinct
from dataset_pipeline.stages.personal.recognizers import Recognizer
from dataset_pipeline.stages.redaction.gates import gate_of
from dataset_pipeline.stages.redaction.looking import spans_in
from dataset_pipeline.stages.redaction.reading import as_read
from dataset_pipeline.stages.spread import Spread

SPAN = pl.Struct({"start": pl.UInt32, "end": pl.UInt32, "entity": pl.String, "score": pl.Float64})
_FOUND = {"findings": pl.List(SPAN)}
_LIBRARIES = ("presidio_analyzer", "phonenumbers", "tldextract", "detect_secrets", "Faker")


def detector(active: Sequence[Recognizer]) -> Detector:
    """Finds spans by these recognizers. Scores that suffice, and modes, are no part of it."""
    return Detector(
        name="personal_data",
        version=_version(),
        schema=_FOUND,
        detect=partial(_detect, tuple(active)),
        settings={"recognizers": [asdict(recognizer) for recognizer in active]},
    )


def remembering(evidence: Evidence) -> Evidence:
    """The same evidence, asked once only for a text: most texts of a run are looked at twice."""
    known: dict[str, pl.DataFrame] = {}

    def ask(detector: Detector, texts: pl.Series) -> pl.DataFrame:
        def find(distinct: pl.Series) -> pl.DataFrame:
            asked = distinct.rename("text").to_frame()
            before = known.get(detector.key)
            if before is None:
                before = pl.DataFrame(schema={"text": pl.String, **detector.schema})
            new = asked.join(before, on="text", how="anti", maintain_order="left")
            if new.height:
                found = evidence(detector, new["text"]).cast(dict(detector.schema))  # type: ignore[arg-type]
                before = pl.concat([before, new.hstack(found.select(list(detector.schema)))])
                known[detector.key] = before
            return asked.join(before, on="text", how="left", maintain_order="left").drop("text")

        return of_distinct(texts, find)

    return ask


def _detect(active: Sequence[Recognizer], texts: pl.Series, spread: Spread) -> pl.DataFrame:
    """Spans by text, in it as it stands and as people read it, where that is not the same.

    A recognizer is shown only the texts that pass its gate.
    """
    read = as_read(texts)
    other = (read != texts).arg_true()
    asked = opened(pl.concat([texts, read.gather(other)]), active)
    hits = spread(partial(spans_in, active), list(asked.select("text", "positions").iter_rows()))
    every = pl.concat([pl.int_range(len(texts), dtype=pl.UInt32, eager=True), other])
    places = every.gather(asked["place"]).alias("place")
    rows = [span for spans in hits for span in spans]
    counts = pl.Series("count", [len(spans) for spans in hits], pl.UInt32)
    flat = pl.DataFrame(rows, schema=SPAN.to_schema(), orient="row")
    owners = pl.DataFrame([places, counts]).select(pl.col("place").repeat_by("count").explode())
    owned = flat.with_columns(place=owners["place"].drop_nulls())
    once = owned.unique().sort("place", *flat.columns)
    grouped = (
        once.select("place", findings=pl.struct(flat.columns))
        .group_by("place", maintain_order=True)
        .agg("findings")
    )
    everything = pl.DataFrame({"place": pl.int_range(len(texts), dtype=pl.UInt32, eager=True)})
    joined = everything.join(grouped, on="place", how="left", maintain_order="left")
    none = pl.lit([], dtype=_FOUND["findings"])
    return joined.select(pl.col("findings").fill_null(none).cast(_FOUND["findings"]))


def opened(texts: pl.Series, active: Sequence[Recognizer]) -> pl.DataFrame:
    """The texts that any recognizer must look at: place, text, positions of those recognizers."""
    if not active:
        return pl.DataFrame(
            schema={"place": pl.UInt32, "text": pl.String, "positions": pl.List(pl.Int32)}
        )
    gates = {
        str(position): pl.col("text").str.contains(gate)
        for position, gate in _gates(active).items()
    }
    frame = texts.rename("text").to_frame().with_row_index("place")
    looked = frame.lazy().with_columns(**gates).filter(pl.any_horizontal(*gates)).collect()
    positions = pl.concat_list(
        pl.when(pl.col(name)).then(pl.lit(int(name), pl.Int32)) for name in gates
    )
    return looked.select("place", "text", positions=positions.list.drop_nulls())


def _gates(active: Sequence[Recognizer]) -> Mapping[int, str]:
    return {position: gate_of(recognizer) for position, recognizer in enumerate(active)}


@cache
def _version() -> str:
    """Of what finds: digest of its source, and the libraries' versions. A change scans anew."""
    rooms = [Path(personal.__file__).parent, Path(__file__).parent]
    every = (path for room in rooms for path in sorted(room.rglob("*")))
    files = [path for path in every if path.is_file() and path.parent.name != "__pycache__"]
    source = sha256_hex(b"\0".join(path.read_bytes() for path in files))
    return " ".join([source[:16], *(f"{name} {version(name)}" for name in _LIBRARIES)])
