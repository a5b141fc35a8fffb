"""Rules over measures of texts: corruption, and the heuristics of Gopher, C4 and FineWeb.

A key of the policy ``min_x`` or ``max_x`` is a rule over the measure ``x``; only measures that a
rule asks for are taken.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from dataset_pipeline.config.screened import (
    Corrupt,
    Heuristics,
    LearningSplits,
    Limit,
    Screened,
    ShareLimit,
)
from dataset_pipeline.records import SPLITS, TEXT_COLUMNS
from dataset_pipeline.stages.quality import c4, corrupt, fineweb, gopher, repetition
from dataset_pipeline.stages.quality.boilerplate import boilerplate_shares
from dataset_pipeline.stages.quality.rules import Measured, Rule

_EVERY_TEXT = (*TEXT_COLUMNS, "context")
Thresholds = dict[str, tuple[float, tuple[str, ...]]]


def corrupt_rules(measured: Measured, policy: Screened) -> list[Rule]:
    """The rules on broken text, for every split: each looks at all texts of a record."""
    limits = {key: getattr(policy.corrupt, key) for key in Corrupt.model_fields if "max_" in key}
    limits = {key: value for key, value in limits.items() if value is not None}
    if limits:
        known = corrupt.measures()
        wanted = {f"corrupt_{key}": known[key.removeprefix("max_")] for key in limits}
        measured.of_texts(_EVERY_TEXT, lambda texts: _measure(texts, wanted), "max")
    rules = [_rule(f"corrupt_{key}", key, value, SPLITS) for key, value in limits.items()]
    if policy.corrupt.no_letters:
        name = "corrupt_no_letters"
        measured.of_prompts(lambda texts: _measure(texts, {name: corrupt.without_letters()}))
        rules.append(Rule(name, "no letter at all", pl.col(name), SPLITS, pl.col("characters")))
    return rules


def quality_rules(measured: Measured, policy: Screened) -> list[Rule]:
    """Gopher, C4, FineWeb and boilerplate, over the prompt: in the order of their keys."""
    groups: dict[str, tuple[Heuristics, Mapping[str, pl.Expr]]] = {
        "gopher": (policy.gopher, gopher.measures(policy.gopher.stop_words)),
        "c4": (policy.c4, c4.measures()),
        "fineweb": (policy.fineweb, fineweb.measures(policy.fineweb.short_line_characters)),
    }
    rules: list[Rule] = []
    plain: dict[str, pl.Expr] = {}
    repetitions: list[pl.Expr] = []
    for group, (part, known) in groups.items():
        for key, threshold, splits in _limits(part, policy.applies_to):
            rules.append(_rule(f"{group}_{key}", key, threshold, splits))
            measure, column = key[4:], f"{group}_{key}"
            if measure in repetition.MEASURES:
                repetitions.append(pl.col(measure).alias(column))
            else:
                plain[column] = known[measure]
    if plain:
        measured.of_prompts(lambda texts: _measure(texts, plain))
    if repetitions:
        found = measured.ask(repetition.DETECTOR, measured.records["prompt"])
        measured.table = measured.table.hstack(found.select(repetitions))
    return rules + _boilerplate_rules(measured, policy)


def _boilerplate_rules(measured: Measured, policy: Screened) -> list[Rule]:
    find = policy.boilerplate
    limit = _split_limit(find.max_characters, policy.applies_to)
    if limit is None:
        return []
    measured.of_prompts(lambda texts: boilerplate_shares(texts, find).to_frame("boilerplate"))
    return [_rule("boilerplate", "max_boilerplate", *limit)]


def _measure(texts: pl.Series, wanted: Mapping[str, pl.Expr]) -> pl.DataFrame:
    named = [measure.alias(name) for name, measure in wanted.items()]
    return texts.rename("text").to_frame().lazy().select(named).collect()


def _limits(
    part: Heuristics, applies_to: LearningSplits
) -> Iterator[tuple[str, float, tuple[str, ...]]]:
    for key in type(part).model_fields:
        if key.startswith(("min_", "max_")):
            limit = _split_limit(getattr(part, key), applies_to)
            if limit is not None:
                yield key, *limit


def _split_limit(
    value: float | Limit | ShareLimit | None, applies_to: LearningSplits
) -> tuple[float, tuple[str, ...]] | None:
    if value is None:
        return None
    if isinstance(value, Limit | ShareLimit):
        return value.threshold, tuple(value.applies_to)
    return value, tuple(applies_to)


def _rule(name: str, key: str, threshold: float, splits: tuple[str, ...]) -> Rule:
    """Out is what is less than ``min_…`` or more than ``max_…``."""
    value, measure = pl.col(name), key[4:].replace("_", " ")
    if key.startswith("min_"):
        return Rule(name, f"too few: {measure}", value < threshold, splits, value, threshold)
    return Rule(name, f"too much: {measure}", value > threshold, splits, value, threshold)
