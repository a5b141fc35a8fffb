"""What a batch looks like in figures, and how far it is from the batch before it.

Small, and free of what rows say: names of columns, counts and shares. The values of a category
stand in it as marks, which can be compared and not read.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from dataset_pipeline.config import Contract, Drift
from dataset_pipeline.digests import sha256_hex

Profile = Mapping[str, Any]
OTHERS = "others"
_MOST_TOLD = 50  # values of a category that are told apart; the others are one
_MOST_VALUES = 1000
_LONGEST_VALUE = 100
_DIGITS = 6
_LONGEST_NAME = 60
_TELLING = re.compile(r"@|\d{5}")  # what names of columns do not have, and values do


class BatchProfile:
    """Rows, columns, missing values and categories of a batch, chunk by chunk."""

    def __init__(self, categories: Iterable[str]) -> None:
        self.rows = 0
        self.filled: Counter[str] = Counter()
        self._columns: set[str] = set()
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in categories}
        self._refused: dict[str, str] = {}

    def add(self, values: pl.DataFrame, columns: Iterable[str]) -> None:
        """A chunk: its values as text (null: none), and the names of its file's columns."""
        self.rows += values.height
        self._columns |= set(columns)
        filled = values.select(pl.all().is_not_null().sum())
        if values.width:
            self.filled.update(filled.row(0, named=True))
        for name in self._counts.keys() & set(values.columns) - self._refused.keys():
            self._count(name, values[name].drop_nulls())

    def told(self, known: Iterable[str] | None) -> dict[str, Any]:
        """The profile. ``known``: the columns that were looked for; None: all there are."""
        asked = None if known is None else sorted(known)
        names = self._columns if asked is None else {name for name in asked if self.filled[name]}
        return {
            "rows": self.rows,
            "columns": sorted(names),
            "looked_for": asked,
            "missing": {name: self._missing(name) for name in sorted(names & self.filled.keys())},
            "categories": {name: _shares(found) for name, found in sorted(self._counts.items())},
            "refused": dict(sorted(self._refused.items())),
        }

    def _missing(self, name: str) -> float:
        return round(1 - self.filled[name] / max(self.rows, 1), _DIGITS)

    def _count(self, name: str, values: pl.Series) -> None:
        counted = values.alias("value").value_counts(name="rows")
        if (counted["value"].str.len_chars().max() or 0) > _LONGEST_VALUE:  # type: ignore[operator]
            self._refuse(name, f"it has values of more than {_LONGEST_VALUE} characters")
        elif counted.height <= _MOST_VALUES:
            self._counts[name].update({mark(value): rows for value, rows in counted.iter_rows()})
        if counted.height > _MOST_VALUES or len(self._counts[name]) > _MOST_VALUES:
            self._refuse(name, f"it has more than {_MOST_VALUES} different values")

    def _refuse(self, name: str, why: str) -> None:
        self._refused.setdefault(name, why)
        self._counts[name] = Counter()


def mark(value: str) -> str:
    """A name for a value of a category."""
    return sha256_hex(value.encode())[:16]


def told_names(columns: Iterable[str], expected: Iterable[str]) -> dict[str, str]:
    """Each column's name as it may be told: a header that is none holds what a row says.

    Names that the configuration knows are told; others where one that it knows stands beside
    them, and they look like names; else by a mark.
    """
    names, known = list(columns), set(expected)
    header = not known.isdisjoint(names)
    return {
        name: name if name in known or (header and _plain(name)) else f"column {mark(name)}"
        for name in names
    }


def drifted(before: Profile, now: Profile, contract: Contract) -> list[str]:
    """In what a batch is too far from the one before it; nothing of what rows say."""
    return [
        *_columns_drifted(before, now),
        *_missing_drifted(before, now, contract.drift),
        *_categories_drifted(before, now, contract),
    ]


def refused(now: Profile) -> list[str]:
    """Columns that are no categories, though ``drift.categories`` names them."""
    return [f"{name} is no category: {why}" for name, why in now["refused"].items()]


def _plain(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and name.isprintable() and not _TELLING.search(name)


def _shares(counts: Counter[str]) -> dict[str, float]:
    total = counts.total()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = {name: round(rows / total, _DIGITS) for name, rows in ordered[:_MOST_TOLD]}
    left = sum(rows for _, rows in ordered[_MOST_TOLD:])
    return {**told, OTHERS: round(left / total, _DIGITS)} if left else told


def _columns_drifted(before: Profile, now: Profile) -> list[str]:
    appeared = _new(before, now)
    vanished = _new(now, before)
    return [f"column {name} appeared" for name in appeared] + [
        f"column {name} vanished" for name in vanished
    ]


def _new(before: Profile, now: Profile) -> list[str]:
    """Columns of now that before has not, of those that were looked for then."""
    looked_for = before["looked_for"]
    found = [name for name in now["columns"] if name not in before["columns"]]
    return [name for name in found if looked_for is None or name in looked_for]


def _missing_drifted(before: Profile, now: Profile, drift: Drift) -> list[str]:
    return [
        f"{name}: the share of rows without a value went from {before['missing'][name]:.1%} "
        f"to {share:.1%}"
        for name, share in now["missing"].items()
        if name in before["missing"]
        and round(abs(share - before["missing"][name]), _DIGITS) > drift.null_share
    ]


def _categories_drifted(before: Profile, now: Profile, contract: Contract) -> list[str]:
    found = []
    for name in contract.drift.categories:
        old, new = (profile["categories"].get(name) for profile in (before, now))
        if old and new:
            changes = {key: new.get(key, 0) - old.get(key, 0) for key in old.keys() | new.keys()}
            distance = round(sum(map(abs, changes.values())) / 2, _DIGITS)
            if distance > contract.drift.category_share:
                limit = contract.drift.category_share
                told = f"{name}: total variation of its shares is {distance:.3f}, over {limit:g}"
                found.append(told + _most_changed(name, changes, contract))
    return found


def _most_changed(name: str, changes: Mapping[str, float], contract: Contract) -> str:
    """The value that changed most, where the contract itself names it."""
    promise = contract.columns.get(name)
    allowed = {mark(value): value for value in (promise.allowed if promise else None) or []}
    most = max(changes, key=lambda key: (abs(changes[key]), key))
    return f" (most: {allowed[most]}, {changes[most]:+.1%})" if most in allowed else ""
