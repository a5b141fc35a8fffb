"""Makes texts uniform step by step, and says which step changed which text."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from dataset_pipeline.config import Normalized
from dataset_pipeline.stages.letters import characters, html_remains
from dataset_pipeline.stages.spread import Spread, here

TOUCHED_SCHEMA = {"row": pl.UInt32(), "rule": pl.String()}
# One step may lay open what another has to do: "&shy;" is invisible only when it is decoded.
_MOST_ROUNDS = 50


@dataclass(frozen=True)
class Uniform:
    """Texts as they should be; ``touched`` (row, rule): what was done to which of them."""

    texts: pl.Series
    touched: pl.DataFrame


def made_uniform(texts: pl.Series, policy: Normalized, spread: Spread = here) -> Uniform:
    """Texts in one encoding and form, until there is nothing left to do. Nulls stay."""
    found = [pl.DataFrame(schema=TOUCHED_SCHEMA)]
    opens = _gate(policy)
    result, rows = texts, texts.str.contains(opens).arg_true().cast(pl.UInt32)
    for _ in range(_MOST_ROUNDS):
        if rows.is_empty():
            break
        before = result.gather(rows)
        after, touched = _one_round(before, policy, spread)
        found.append(touched.with_columns(rows.gather(touched["row"]).alias("row")))
        result = characters.replaced(result, rows, after)
        rows = rows.filter((before != after) & after.str.contains(opens))
    return Uniform(result, pl.concat(found).unique())


def _gate(policy: Normalized) -> str:
    gates = [characters.gate(policy.unicode_form, repair=policy.repair_encoding)]
    return "|".join([*gates, *([html_remains.GATE] if policy.html_remains else [])])


def _one_round(
    texts: pl.Series, policy: Normalized, spread: Spread
) -> tuple[pl.Series, pl.DataFrame]:
    repair = partial(characters.repaired, spread=spread)
    steps: list[tuple[str, Callable[[pl.Series], pl.Series]]] = [
        *([("encoding_repaired", repair)] if policy.repair_encoding else []),
        *([("html_removed", html_remains.without_html)] if policy.html_remains else []),
        ("whitespace_tidied", characters.one_newline),
        ("invisible_removed", characters.visible),
        ("unicode_form", partial(characters.in_form, form=policy.unicode_form)),
        ("whitespace_tidied", characters.tidy),
    ]
    touched = []
    for rule, step in steps:
        after = step(texts)
        rows = (texts != after).arg_true().cast(pl.UInt32).alias("row")
        touched.append(rows.to_frame().with_columns(pl.lit(rule).alias("rule")))
        texts = after
    return texts, pl.concat(touched)
