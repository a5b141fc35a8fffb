"""Passwords, keys and tokens: detect-secrets' patterns, our own, and entropy near a telling word.

detect-secrets is imported when the first text is looked at; it is slow to import.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Any

from dataset_pipeline.stages.personal.finding import Finding, Kind

# Plugins whose patterns name a kind of token. Left out are those for code (assignments) and those
# that any long word can match.
_PLUGINS = (
    "aws.AWSKeyDetector", "azure_storage_key.AzureStorageKeyDetector",
    "discord.DiscordBotTokenDetector",
    "github_token.GitHubTokenDetector", "gitlab_token.GitLabTokenDetector",
    "jwt.JwtTokenDetector", "mailchimp.MailchimpDetector", "npm.NpmDetector",
    "openai.OpenAIDetector", "pypi_token.PypiTokenDetector", "sendgrid.SendGridDetector",
    "slack.SlackDetector", "square_oauth.SquareOAuthDetector", "stripe.StripeDetector",
    "telegram_token.TelegramBotTokenDetector", "twilio.TwilioKeyDetector",
)  # fmt: skip

_OWN = re.compile(
    r"(?:github_pat_[A-Za-z0-9_]{22,}|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|(?<![A-Za-z0-9])[a-z]{2,5}_(?:live|test|prod)_[A-Za-z0-9]{16,}"  # Stripe's way, and others'
    r"|sk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{30,}"
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|AKC[A-Za-z0-9]{10,}"
    r"|eyJ[A-Za-z0-9_=-]{8,}\.[A-Za-z0-9_=-]{8,}(?:\.[A-Za-z0-9_.+/=-]+)?)"
)
_BEARER = re.compile(r"(?i)\b(?:bearer|basic)\s+(?P<value>[A-Za-z0-9._~+/-]{16,}=*)")
_CONNECTION = re.compile(
    r"(?i)\b[a-z][a-z0-9+.-]{1,20}://(?P<value>[^\s/:@\[\]]*:[^\s/@\[\]]+)@[^\s]+"
    r"|(?:;|^|\s)(?:pwd|password)=(?P<other>[^\s;\[\]]+)(?=;)"
)
_CONTEXT = re.compile(
    r"(?i)(?:api|access|auth\w*|secret|private|client)?[ _-]?(?:keys?\b|token|secret|credential)"
    r"|ключ|токен|секрет|кілт|құпия"
)
_REACH = 40  # characters between the word and the value
_CANDIDATE = re.compile(r"[A-Za-z0-9_+/-]{16,}={0,2}")  # "secret_key=…": the sign parts
_ENTROPY = {"hex": 3.0, "base64": 4.0}  # detect-secrets' limit for hex; for short values below 4.5
_HEX = re.compile(r"[0-9A-Fa-f-]+")

_KEY_BLOCK = re.compile(
    r"-----BEGIN (?P<kind>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----"
    r"(?:.*?-----END (?P=kind)-----|[A-Za-z0-9+/=\s:,.>\\-]*)"
    r"|PuTTY-User-Key-File-[0-9]:.*?Private-MAC: *[0-9A-Fa-f]+",
    re.DOTALL,
)


def _private_keys(text: str) -> list[Finding]:
    """Whole blocks; of one that was cut off, all that looks like its lines."""
    return [Finding(*m.span(), "PRIVATE_KEY", 1.0) for m in _KEY_BLOCK.finditer(text)]


def _secrets(text: str) -> list[Finding]:
    found = dict.fromkeys((*_ours(text), *_theirs(text)), 0.9)
    for span in _in_context(text):
        found.setdefault(span, 0.6)
    return [Finding(*span, "SECRET", score) for span, score in sorted(found.items())]


def _ours(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _OWN.finditer(text))
    yield from (match.span("value") for match in _BEARER.finditer(text))
    for match in _CONNECTION.finditer(text):
        yield match.span("value" if match["value"] else "other")


def _theirs(text: str) -> Iterator[tuple[int, int]]:
    """By detect-secrets' own patterns, which ``analyze_string`` would give without positions."""
    for plugin in plugins():
        valid = getattr(plugin, "is_formally_valid", None)
        for pattern in plugin.denylist:
            for match in pattern.finditer(text):
                if valid is None or valid(match[0]):
                    yield match.span()


def _in_context(text: str) -> Iterator[tuple[int, int]]:
    """Values without order, near a word that calls them secret."""
    words = [match.end() for match in _CONTEXT.finditer(text)]
    for match in _CANDIDATE.finditer(text) if words else ():
        before = bisect_right(words, match.start())
        near = before > 0 and match.start() - words[before - 1] <= _REACH
        if near and _is_random(match[0]):
            yield match.span()


def _is_random(value: str) -> bool:
    if not (any(map(str.isdecimal, value)) and any(map(str.isalpha, value))):
        return False
    limit = _ENTROPY["hex" if _HEX.fullmatch(value) else "base64"]
    return entropy(value) >= min(limit, 3.2)


def entropy(value: str) -> float:
    """Shannon's, of the characters, as detect-secrets counts it."""
    base64 = _entropy_plugin()
    return float(base64.calculate_shannon_entropy(value))


@cache
def _entropy_plugin() -> Any:
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString

    return Base64HighEntropyString()


@cache
def plugins() -> tuple[Any, ...]:
    """detect-secrets' plugins that are used, imported and built once."""
    from importlib import import_module

    named = (path.split(".") for path in _PLUGINS)
    return tuple(
        getattr(import_module(f"detect_secrets.plugins.{module}"), name)() for module, name in named
    )


# ---------------------------------------------------------------------------------- passwords

_WORD = (
    r"pass ?word|passwd|pass ?code|pass ?phrase|\bpwd|\bpsw|\bpw\b"
    r"|\bpass(?=(?:\\?[\"'])?\s*[:=]|\s+is\b)|парол[ьяюеи]\w*|құпия ?сөз\w*|құпия ?код\w*"
)
# "password for the admin panel is …": only where something says that the value follows.
_FOR = (
    r"(?: (?:for|of|to|on|от|для|к|на)(?: [^\W\d_]+(?:-[^\W\d_]+)*){1,3}"
    r"(?=\s*[:=–—]| (?:is|was)\b))?"
)
# A key of JSON ends in a quote before its colon, a tag in a bracket.
_LINK = (
    r"(?: (?:is|was|now|to|as|мой|был|сейчас|теперь))*(?:\\?[\"'](?=\s*[:=])|>)?"
    r"(?:\s*[:=–—-])?\s*"
)
_PASSWORD = re.compile(
    rf"(?i)(?:{_WORD}){_FOR}(?P<link>{_LINK})"
    r"(?:\\?[\"'`«“„](?P<quoted>[^\s\"'`»”“]{3,64}?)\\?[\"'`»”“]"
    r"|(?P<plain>(?:(?!</)[^\s\[\]]){4,64}))"
)
_PIN = re.compile(r"(?i)(?<![^\W_])(?:pin|пин)(?:[- ]?(?:code|код\w*))?(?: is)?\s*[:=–—-]?\s*"
                  r"(?P<value>[0-9]{4,8})(?![0-9])")  # fmt: skip
_TRAILING = ".,;:?!)\"'»”"
_SAYS = re.compile(r"(?i)\b(?:is|was)\b|[:=–—-]")


def _passwords(text: str) -> list[Finding]:
    found = [Finding(*m.span("value"), "PASSWORD", 0.7) for m in _PIN.finditer(text)]
    for match in _PASSWORD.finditer(text):
        if match["quoted"]:
            found.append(Finding(*match.span("quoted"), "PASSWORD", 0.8))
            continue
        value = match["plain"].rstrip(_TRAILING)
        if _is_password(value, said=_SAYS.search(match["link"]) is not None):
            start = match.start("plain")
            found.append(Finding(start, start + len(value), "PASSWORD", 0.8))
    return sorted(found)


def _is_password(value: str, said: bool) -> bool:
    """Whether it is no plain word: letters with digits, or with signs inside."""
    if len(value) < 4:
        return False
    digits, letters = any(map(str.isdecimal, value)), any(map(str.isalpha, value))
    signs = any(not c.isalnum() and c not in "-/'’.,_" for c in value)
    if digits and not letters:
        return said  # "the password is 12345678", and no "password 2 times"
    mixed = any(map(str.isupper, value[1:])) and not value.isupper()
    return letters and (digits or signs or (said and mixed))


KINDS = (
    Kind("PASSWORD", "PASSWORD", r"(?i)pass|pwd|psw|pw|парол|құпия|pin|пин", _passwords,
         "context word and shape"),
    Kind("SECRET", "SECRET",
         r"[A-Za-z0-9_+/=-]{16}|eyJ|[Xx][Oo][Xx]|AKC|://\S*:\S+@|(?i)bearer|basic|pwd=|password=",
         _secrets, "detect-secrets, own patterns, and entropy in context"),
    Kind("PRIVATE_KEY", "PRIVATE_KEY", r"-----BEGIN |PuTTY-User-Key", _private_keys, "pattern"),
)  # fmt: skip
