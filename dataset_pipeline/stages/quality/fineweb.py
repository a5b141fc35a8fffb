"""FineWeb's measures: Penedo et al. 2024, "The FineWeb Datasets", section 3.5."""

import polars as pl

from dataset_pipeline.stages.quality import parts
from dataset_pipeline.stages.quality.parts import TEXT, share

_PUNCTUATION = "\\.!?…\"'”’»。！？؟।"


def measures(short: int) -> dict[str, pl.Expr]:
    """Measures of the column ``text``, by name; a line of up to ``short`` characters is short."""
    lines = parts.line_list()
    lengths = lines.list.eval(pl.element().str.len_chars())
    short_lines = lengths.list.eval((pl.element() <= short).cast(pl.UInt32)).list.sum()
    breaks = TEXT.str.count_matches("\n", literal=True)
    return {
        "punctuated_lines": parts.punctuated_lines(_PUNCTUATION),
        "short_lines": share(short_lines, lines.list.len()),
        "duplicate_line_characters": parts.repeated_characters(lines),
        "line_breaks_per_word": share(breaks, parts.words()),
    }
