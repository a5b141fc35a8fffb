"""Rules on what texts say: word lists and classifiers, of the kind safety or quality."""

from collections.abc import Mapping
from typing import Literal

import polars as pl

from dataset_pipeline.config.screened import Classifier, ContentRule, Screened, WordList
from dataset_pipeline.records import SPLITS
from dataset_pipeline.stages.quality.classifiers import detector_of
from dataset_pipeline.stages.quality.parts import share, words
from dataset_pipeline.stages.quality.rules import Measured, Rule
from dataset_pipeline.stages.quality.word_lists import matches, words_of

Kind = Literal["safety", "quality"]
_UNDETERMINED = "und"


def content_rules(
    measured: Measured, policy: Screened, kind: Kind, files: Mapping[str, str]
) -> list[Rule]:
    """The rules of one kind: lists by name, then classifiers by name."""
    lists = [
        _list_rule(measured, name, one, policy, files)
        for name, one in sorted(policy.lists.items())
        if one.kind == kind
    ]
    classifiers = [
        _classifier_rule(measured, name, one, policy, files)
        for name, one in sorted(policy.classifiers.items())
        if one.kind == kind
    ]
    return lists + classifiers


def _splits(rule: ContentRule, policy: Screened) -> tuple[str, ...]:
    if rule.kind == "safety":
        return SPLITS
    return tuple(policy.applies_to if rule.applies_to is None else rule.applies_to)


def _list_rule(
    measured: Measured, name: str, listed: WordList, policy: Screened, files: Mapping[str, str]
) -> Rule:
    column = f"list_{name}"
    wanted = [*listed.words, *(words_of(name, files[listed.file]) if listed.file else [])]

    def find(texts: pl.Series) -> pl.DataFrame:
        found = matches(texts, wanted)
        every = texts.rename("text").to_frame().select(words().cast(pl.Int64)).to_series()
        columns = [found["count"], found["words"], every]
        names = (f"{column}_{part}" for part in ("count", "found", "words"))
        return pl.DataFrame([one.alias(n) for one, n in zip(columns, names, strict=True)])

    measured.of_texts(listed.fields, find, "sum")
    value, threshold = pl.col(f"{column}_count"), float(listed.max_count or 0)
    if listed.max_share is not None:
        value = share(pl.col(f"{column}_found"), pl.col(f"{column}_words"))
        threshold = listed.max_share
    looked_at = pl.lit(True)
    if listed.languages:
        looked_at = pl.col("language").is_in([*listed.languages, _UNDETERMINED])
    hit = looked_at & (value > threshold)
    reason = f"more words of the list {name} than may stand"
    return Rule(column, reason, hit, _splits(listed, policy), value, threshold)


def _classifier_rule(
    measured: Measured, name: str, one: Classifier, policy: Screened, files: Mapping[str, str]
) -> Rule:
    column = f"classifier_{name}"
    detector = detector_of(name, one, files[one.examples] if one.examples else None)

    def find(texts: pl.Series) -> pl.DataFrame:
        return measured.ask(detector, texts).select(pl.col("score").alias(column))

    measured.of_texts(one.fields, find, "max")
    value, reason = pl.col(column), f"the classifier {name} scores it above its threshold"
    hit = value > one.threshold
    return Rule(column, reason, hit, _splits(one, policy), value, one.threshold)
