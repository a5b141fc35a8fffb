"""Texts of one template: equal, or nearly so, but for numbers, dates, names and the like."""

import hashlib

import numpy as np
import polars as pl

from dataset_pipeline.config.deduplicated import Deduplicated, Templates
from dataset_pipeline.stages.copies.minhash import shingles
from dataset_pipeline.stages.copies.similarity import jaccard, near
from dataset_pipeline.stages.copies.verified import similarities
from dataset_pipeline.stages.evidence import Evidence

# What is masked, in this order: markers of redaction (with a pseudonym, or what a value was
# generalized to), addresses on the net, dates with the name
# of a month, and every word with a digit in it, with its currency.
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
    r"|январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр"
    r"|қаңтар|ақпан|наурыз|сәуір|мамыр|маусым|шілде|тамыз|қыркүйек|қазан|қараша|желтоқсан)"
    r"\p{L}*\.?"
)
_CURRENCY = (
    r"(?:[$€£₸₽¥]|\b(?:kzt|usd|eur|rub|gbp|tenge|dollars?|euros?|rub|rubles?|тг|тенге|теңге"
    r"|руб|рубл\p{L}*|долл\p{L}*|евро)\b)"
)
_NUMBER = (
    r"(?:\p{L}{1,6}-)*[\p{L}\p{N}_]*\d[\p{L}\p{N}_]*(?:[.,:/ \x{a0}-]+[\p{L}_]*\d[\p{L}\p{N}_]*)*"
)
_MASK = " 0 "
_MASKED = (
    r"\[\p{Lu}[\p{Lu}\p{N}_]*\]|\[\p{Lu}{2}[\p{Lu}\p{N}_]+(?:_k[0-9a-f]{12}| [^\[\]\n]{1,80})\]",
    r"\S+@\S+|\bhttps?://\S+",
    rf"(?i)\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|(?i)\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b",
    rf"(?i)(?:{_CURRENCY} ?)?[+(№#]*{_NUMBER}\)?(?: ?{_CURRENCY}|%)?",
)

TEMPLATE_SCHEMA = {
    "record_id": pl.String,
    "kept": pl.String,
    "similarity": pl.Float64,
    "records": pl.UInt32,
}


def masked(text: pl.Expr) -> pl.Expr:
    """A text with all that differs within a template masked as 0."""
    for pattern in _MASKED:
        text = text.str.replace_all(pattern, _MASK)
    folded = text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ")
    return folded.str.strip_chars().str.replace_all(r"\b0(?: 0)+\b", "0")


def surplus(
    records: pl.DataFrame, policy: Deduplicated, compared: int, evidence: Evidence
) -> pl.DataFrame:
    """What is too much of a template: record_id, kept, similarity of the masked texts, records.

    ``records``: record_id, label, masked, the best first. ``compared``: how many records the share
    is taken of.
    """
    limits = policy.templates
    if limits is None:
        return pl.DataFrame(schema=TEMPLATE_SCHEMA)
    words = pl.col("masked").str.count_matches(r"\p{L}+")
    has_mask = pl.col("masked").str.contains(r"\b0\b")
    mine = records.with_row_index("rank").filter(words >= limits.min_words, has_mask)
    mine = _with_templates(mine, limits.threshold, policy, evidence)
    if limits.strategy == "cap":
        keys = [_key(limits.seed, record) for record in mine["record_id"].to_list()]
        mine = mine.with_columns(pl.Series("rank", keys, pl.String))
    group = ["template", "label"] if limits.strategy == "cap" else ["template"]
    out = (
        mine.sort("rank")
        .with_columns(
            pl.int_range(pl.len()).over(group).alias("place"),
            pl.col("record_id", "masked").first().over(group).name.prefix("kept_"),
            pl.len().over(group).alias("records"),
        )
        .filter(pl.col("place") >= _most(limits, compared))
    )
    both = pl.concat([out["masked"], out["kept_masked"]]).to_list()
    left = np.arange(len(out))
    measured = similarities(both, left, left + len(out), policy.shingle_characters)
    return out.select(
        "record_id",
        pl.col("kept_record_id").alias("kept"),
        pl.Series("similarity", measured),
        "records",
    ).cast(TEMPLATE_SCHEMA)  # type: ignore[arg-type]


def _with_templates(
    records: pl.DataFrame, threshold: float, policy: Deduplicated, evidence: Evidence
) -> pl.DataFrame:
    """With ``template``: the best record's masked text that is equal, or else near enough.

    A masked text begins a template of its own if no better one's beginning is near it.
    """
    texts = records["masked"].unique(maintain_order=True)
    begins = np.arange(len(texts))
    if threshold < 1:
        found = near(
            texts,
            size=policy.shingle_characters,
            threshold=threshold,
            permutations=policy.permutations,
            evidence=evidence,
        )
        best = np.zeros(len(texts))
        order = np.lexsort((found.left, found.right))
        pairs = (found.left[order], found.right[order], found.similarity[order])
        for left, right, similarity in zip(*(part.tolist() for part in pairs), strict=True):
            if begins[left] == left and similarity > best[right]:
                begins[right], best[right] = left, similarity
    named = pl.DataFrame({"masked": texts, "template": texts.gather(begins)})
    return records.join(named, on="masked", how="left", maintain_order="left")


def masked_similarity(one: str, other: str, size: int) -> float:
    """How alike two masked texts are."""
    return jaccard(shingles(one, size), shingles(other, size))


def _most(policy: Templates, compared: int) -> int:
    if policy.max_share is not None:
        return max(int(policy.max_share * compared), 1)
    return policy.max_records or 1


def _key(seed: int, record_id: str) -> str:
    return hashlib.sha256(f"{seed}:{record_id}".encode()).hexdigest()
