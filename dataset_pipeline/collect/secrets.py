"""Keeps what opens a door out of errors and records: variables by name, URLs without secrets."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from dataset_pipeline.digests import sha256_hex
from dataset_pipeline.errors import CollectError


def variable(name: str) -> str:
    """The value of an environment variable, or a CollectError that names the variable alone."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise CollectError(f"the environment variable {name} is not set; set it and run again")
    return value


def variables(named: Mapping[str, str]) -> dict[str, str]:
    """The values of several variables, by what they are for."""
    return {purpose: variable(name) for purpose, name in named.items()}


def public(url: str) -> str:
    """A URL as it may be shown: without user, password, query values and fragment."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    names = [pair.partition("=")[0] for pair in parts.query.split("&") if pair]
    query = "&".join(f"{name}=***" for name in names)
    return urlunsplit((parts.scheme, place, parts.path, query, ""))


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """A name for each address: its own where no other has it, else with a digest before it."""
    given = list(names.values())
    return {
        address: name if given.count(name) == 1 else f"{sha256_hex(address.encode())[:8]}-{name}"
        for address, name in names.items()
    }
