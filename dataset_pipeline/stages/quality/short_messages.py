"""Messages that are nothing but empty phrases ("ok", "Noted, thanks!"), and the turns they confirm.

In the context: such a turn goes to the end of the turn right before it where both have one role,
and else away; after a question it stays, for there "yes" and "no" are answers. A record whose
prompt is one takes the last other turn of a customer as its prompt, with the answer that followed
there as its completion; what came later in the context goes. A record with a rejected answer
keeps its prompt: that answer was to this prompt and to no other.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

CUSTOMER_ROLES = ("user", "customer", "client", "human")
ANSWERING_ROLES = ("assistant", "agent")
MERGED_SCHEMA = pl.Schema({"record_id": pl.String(), "what": pl.String()})
_WHITE = "".join(filter(str.isspace, map(chr, range(0x3001))))
_EDGES = f"{_WHITE}.,!?…:;()-"
_SHADES = r"\x{fe0f}\x{1f3fb}-\x{1f3ff}"  # of an emoji
_MOST_PHRASES, _MOST_MARKS = 4, 16
_QUESTION = r"[?？؟][\s\"'”’»)]*$"
_TURN = pl.struct("role", "content").alias("turn")


@dataclass(frozen=True)
class Merged:
    """The records after merging, and a row for each that was changed: record_id and what."""

    records: pl.DataFrame
    table: pl.DataFrame


def is_empty_phrase(text: pl.Expr, phrases: Sequence[str]) -> pl.Expr:
    """Whether a text is one or several of the phrases, whatever their case and the marks around."""
    known = sorted({phrase.strip(_EDGES) for phrase in phrases}, key=lambda one: (-len(one), one))
    if not known:
        return text.is_null() & text.is_not_null()
    edges = f"[{re.escape(_EDGES)}{_SHADES}]*"
    listed = "|".join(_whole(phrase) for phrase in known if phrase)
    several = f"(?:(?:{listed}){edges})" + ("*" if "" in known else "+") if listed else ""
    # Of a longer text nobody says that it has no content.
    short = text.str.len_chars() <= _MOST_PHRASES * max(map(len, known)) + _MOST_MARKS
    found = pl.when(short).then(text).str.contains(rf"(?i)\A{edges}{several}\z")
    return found.fill_null(False)


def _whole(phrase: str) -> str:
    """A pattern for a phrase that is no part of a longer word."""
    first, last = (r"\b" if re.match(r"\w", end) else "" for end in (phrase[0], phrase[-1]))
    return first + re.escape(phrase) + last


def merged(records: pl.DataFrame, phrases: Sequence[str]) -> Merged:
    """Merge empty phrases with the turns that they confirm; changed records are transformed."""
    turns = _turns(records, phrases)
    prompts = _prompts(records, turns, phrases)
    contexts = _contexts(turns, prompts)
    answers = prompts.select("record_id", "at", pl.col("content").alias("new_prompt"), "answer")
    joined = records.join(contexts, on="record_id", how="left", maintain_order="left")
    joined = joined.join(answers, on="record_id", how="left", maintain_order="left")
    asks, tidied = pl.col("new_prompt").is_not_null(), pl.col("new_context").is_not_null()
    changed = joined.with_columns(
        pl.coalesce("new_prompt", "prompt").alias("prompt"),
        pl.when(asks).then(pl.coalesce("answer", "completion")).otherwise("completion")
        .alias("completion"),
        pl.coalesce("new_context", "context").alias("context"),
        pl.when(asks | tidied).then(pl.lit("transformed", records.schema["origin"]))
        .otherwise("origin").alias("origin"),
    )  # fmt: skip
    table = pl.concat(
        [
            joined.filter(asks).select("record_id", what=pl.lit("prompt")),
            joined.filter(tidied & ~asks).select("record_id", what=pl.lit("context")),
        ]
    )
    return Merged(changed.select(records.columns), table.cast(MERGED_SCHEMA).sort("record_id"))


def _turns(records: pl.DataFrame, phrases: Sequence[str]) -> pl.DataFrame:
    """The turns of contexts, each with its place and whether it is an empty phrase."""
    content = pl.col("content").fill_null("")
    return (
        records.filter(pl.col("context").list.len() > 0)
        .select("record_id", pl.col("context").alias("turn"))
        .explode("turn")
        .unnest("turn")
        .with_columns(pl.int_range(pl.len()).over("record_id").alias("place"))
        .with_columns(is_empty_phrase(content, phrases).alias("empty"))
    )


def _prompts(records: pl.DataFrame, turns: pl.DataFrame, phrases: Sequence[str]) -> pl.DataFrame:
    """Of records whose prompt is empty: the turn to ask instead, its place, its answer."""
    empty = is_empty_phrase(pl.col("prompt"), phrases) & pl.col("rejected").is_null()
    mine = turns.join(records.filter(empty).select("record_id"), on="record_id", how="semi")
    asked = (
        mine.filter(
            pl.col("role").is_in(CUSTOMER_ROLES)
            & ~pl.col("empty")
            & pl.col("content").str.contains(r"\S")
        )
        .sort("place")
        .group_by("record_id")
        .last()
        .select("record_id", "content", pl.col("place").alias("at"))
    )
    answers = (
        mine.join(asked.select("record_id", "at"), on="record_id")
        .filter((pl.col("place") == pl.col("at") + 1) & pl.col("role").is_in(ANSWERING_ROLES))
        .select("record_id", pl.col("content").alias("answer"))
    )
    return asked.join(answers, on="record_id", how="left")


def _contexts(turns: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """The contexts that change: record_id, new_context."""
    before_asked = turns.join(prompts.select("record_id", "at"), on="record_id", how="left").filter(
        pl.col("at").is_null() | (pl.col("place") < pl.col("at"))
    )
    ordered = before_asked.sort("record_id", "place")
    previous = pl.col("content").fill_null("").shift(1).over("record_id")
    answers = previous.str.contains(_QUESTION).fill_null(False)
    follows = (pl.col("role") == pl.col("role").shift(1).over("record_id")).fill_null(False)
    decided = ordered.with_columns(
        (pl.col("empty") & follows).alias("joins"),
        (pl.col("empty") & ~follows & ~answers).alias("goes"),
    )
    touched = decided.filter(pl.col("joins") | pl.col("goes"))["record_id"].unique()
    touched = pl.concat([touched, prompts["record_id"]]).unique()
    mine = decided.filter(pl.col("record_id").is_in(touched.implode()))
    said = (
        mine.with_columns((~pl.col("joins")).cum_sum().over("record_id").alias("part"))
        .group_by("record_id", "part", maintain_order=True)
        .agg(
            pl.col("role").first(),
            pl.col("content").str.join("\n"),
            pl.col("goes").first(),
        )
        .filter(~pl.col("goes"))
        .group_by("record_id", maintain_order=True)
        .agg(_TURN.alias("new_context"))
    )
    nothing = pl.lit([], pl.List(pl.Struct({"role": pl.String, "content": pl.String})))
    return (
        touched.to_frame()
        .join(said, on="record_id", how="left")
        .with_columns(pl.col("new_context").fill_null(nothing))
    )
