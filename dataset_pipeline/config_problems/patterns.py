"""What the patterns of a configuration ask for, in words: a regular expression is no remedy."""

_NAME = "a name in a-z, 0-9 and _, beginning with a letter"
_LETTERS = "a name in A-Z, 0-9 and _, beginning with a letter"
_IN_WORDS = {
    r"^[A-Za-z0-9][A-Za-z0-9 .-]{0,79}$": "a letter or digit of a-z, A-Z, 0-9, then more of them, "
    "spaces, points and hyphens, 80 in all: files are named by it",
    r"^\d{1,4}\.\d{1,4}$": 'major.minor, like "1.0"; the patch counts up by itself',
    r"^[a-z][a-z0-9_]{0,62}$": _NAME,
    r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$": "the code of a language, like en or en-GB",
    r"^[a-z]{2}$": "the code of a language of ISO 639-1, like en",
    r"^[A-Z]{2}$": "the code of a country of ISO 3166, like DE",
    r"^[A-Z]{2,3}(-[A-Z0-9]{1,3})?$": "the code of a region, like EU, KZ or US-CA",
    r"^[0-9a-f]{64}$": "a SHA-256: 64 digits of 0-9 and a-f",
    r"\S": "a word, not spaces alone",
    r"^\w+(\.\w+)*:\w+$": "a function of Python as package.module:function",
    r"^[A-Z][A-Z0-9_]*$": _LETTERS,
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of an environment variable",
    r"^https?://[^\s@]+$": "an address, http:// or https://, without a user in it",
    r"^[^\W\d_]+(?:[ -][^\W\d_]+)*$": "words of letters, with a space or hyphen between them",
}


def in_words(pattern: str) -> str | None:
    """What a text by this pattern looks like; None where only the pattern says it."""
    return _IN_WORDS.get(pattern)
