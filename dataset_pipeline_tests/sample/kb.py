"""Writes the knowledge base as Markdown files with YAML front matter."""

from dataclasses import dataclass
from datetime import date, timedelta

from dataset_pipeline_tests.sample.dice import Dice
from dataset_pipeline_tests.sample.kb_articles import ARTICLES


@dataclass(frozen=True)
class Article:
    """One article; its file is named by its id."""

    key: str
    language: str
    topic: str
    title: str
    body: str
    updated: str

    def markdown(self) -> str:
        return (
            f"---\nid: {self.key}\ntitle: {_quoted(self.title)}\nlanguage: {self.language}\n"
            f"topic: {self.topic}\nupdated: {self.updated}\nowner: support-content\n---\n\n"
            f"# {self.title}\n\n{self.body}\n"
        )


def articles() -> list[Article]:
    """All articles, numbered in the order in which they were written."""
    dice = Dice("kb")
    out = []
    for number, block in enumerate(ARTICLES.strip().removeprefix("== ").split("\n== ")):
        head, body = block.split("\n", 1)
        language, topic, title = (part.strip() for part in head.split("|"))
        updated = date(2025, 11, 3) + timedelta(days=dice.below(170))
        key = f"KB-{number + 1:04d}"
        out.append(Article(key, language, topic, title, body.strip(), updated.isoformat()))
    return out


def _quoted(title: str) -> str:
    """Titles with a colon would be read as a mapping."""
    return f'"{title}"' if ":" in title else title
