"""What workers do: recognizers look at texts. Loads no Polars: workers are forked."""

from collections.abc import Sequence

from dataset_pipeline.stages.personal.recognizers import Recognizer
from dataset_pipeline.stages.redaction.phones import phones_in

Span = tuple[int, int, str, float]


def spans_in(
    active: Sequence[Recognizer], asked: Sequence[tuple[str, Sequence[int]]]
) -> list[list[Span]]:
    """For each (text, positions of recognizers), the spans that those recognizers find, sorted."""
    return [
        sorted(span for position in positions for span in _spans(active[position], text))
        for text, positions in asked
    ]


def _spans(recognizer: Recognizer, text: str) -> list[Span]:
    if recognizer.entity == "PHONE_NUMBER" and recognizer.regex is None:
        return phones_in(text, recognizer.regions)
    return [(item.start, item.end, item.entity, item.score) for item in recognizer.find(text)]
