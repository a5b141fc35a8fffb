"""What workers do: recognizers look at texts. Loads no Polars: workers are forked."""

from collections.abc import Sequence

from dataset_pipeline.stages.personal.recognizers import Recognizer

Span = tuple[int, int, str, float]


def spans_in(
    active: Sequence[Recognizer], asked: Sequence[tuple[str, Sequence[int]]]
) -> list[list[Span]]:
    """For each (text, positions of recognizers), the spans that those recognizers find, sorted."""
    return [
        sorted(
            (found.start, found.end, found.entity, found.score)
            for position in positions
            for found in active[position].find(text)
        )
        for text, positions in asked
    ]
