"""Word lists of our own: names, streets, cities, words that are none."""

from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> frozenset[str]:
    """The words of ``<name>.txt``, in lower case and without ё; ``_`` stands for a space."""
    text = files(__package__).joinpath(f"{name}.txt").read_text("utf-8")
    lines = (line.partition("#")[0] for line in text.splitlines())
    return frozenset(
        word.replace("_", " ").lower().replace("ё", "е") for line in lines for word in line.split()
    )
