"""One measure of one text."""

import polars as pl


def measure(expression: pl.Expr, text: str) -> float:
    return float(pl.DataFrame({"text": [text]}).select(expression).item())
