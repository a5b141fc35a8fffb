"""The policy file of a verifier (YAML or JSON): keys with roles and times, authorities, approvals.

Imported only when there is such a file.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from dataset_pipeline.certify.approvals import Demand
from dataset_pipeline.certify.errors import KeyFileError, TrustUnreadable
from dataset_pipeline.certify.keys import load_public_key
from dataset_pipeline.certify.pem_files import read_certificates, read_file
from dataset_pipeline.certify.timestamp import Authority
from dataset_pipeline.certify.trust import Trust, TrustedKey
from dataset_pipeline.config.base import Slug, Strict
from dataset_pipeline.yaml_text import RepeatedKeyError, parse_once


def _moment(value: Any) -> Any:
    """A date is its first moment, and a time without a zone is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone follows
    if isinstance(value, datetime):
        try:
            return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
        except OverflowError:  # before year 1 or after 9999, once its zone is taken off
            raise ValueError("there is no such time in UTC") from None
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]


class _Key(Strict):
    """``file`` (beside the policy) or ``pem``; ``valid_until`` and ``revoked`` are not in it."""

    file: str | None = None
    pem: str | None = None
    role: Slug | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    revoked: Moment | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.pem is None):
            raise ValueError("give either file or pem")
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise ValueError("valid_until is not after valid_from")
        return self


class _Authority(Strict):
    """A time-stamping authority; without ``trusted: true`` its stamps are read, and not trusted."""

    ca: str
    trusted: bool = False


class _Approvals(Strict):
    """Which roles must have approved, and how many of them; without a threshold, all."""

    roles: list[Slug] = Field(min_length=1)
    threshold: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if (self.threshold or 0) > len(set(self.roles)):
            raise ValueError(f"threshold is {self.threshold}, more than there are roles")
        return self

    def demand(self) -> Demand:
        """The same, of keys that the policy gives these roles."""
        roles: dict[str, tuple[str, ...]] = dict.fromkeys(self.roles, ())
        return Demand(roles, self.threshold or len(roles))


class _Policy(Strict):
    """The whole file."""

    format: Literal[1]
    keys: list[_Key] = Field(min_length=1)
    time_authorities: list[_Authority] = Field(default_factory=list)
    approvals: _Approvals | None = None


def read_policy(path: Path) -> Trust:
    """What a policy file trusts; the files that it names lie beside it. Raises TrustUnreadable."""
    try:
        policy = _Policy.model_validate(parse_once(read_file(path).decode()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise TrustUnreadable(f"{path}: {where}: {first['msg']}") from None
    except RepeatedKeyError as error:
        raise TrustUnreadable(f"{path}: {error}; keep one") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise TrustUnreadable(f"{path}: not YAML or JSON in UTF-8") from None
    keys: dict[str, TrustedKey] = {}
    for number, entry in enumerate(policy.keys):
        key = _trusted(entry, path, number)
        if key.key.keyid in keys:
            raise TrustUnreadable(f"{path}: keys.{number}: this key stands there already")
        keys[key.key.keyid] = key
    authorities = (
        Authority(one.ca, read_certificates(path.parent / one.ca), one.trusted)
        for one in policy.time_authorities
    )
    demand = policy.approvals.demand() if policy.approvals else None
    return Trust(keys, tuple(authorities), demand)


def _trusted(entry: _Key, path: Path, number: int) -> TrustedKey:
    pem = read_file(path.parent / entry.file) if entry.file else str(entry.pem).encode()
    try:
        key = load_public_key(pem)
    except KeyFileError as error:
        raise TrustUnreadable(f"{path}: keys.{number}: {error}") from None
    return TrustedKey(key, entry.role, entry.valid_from, entry.valid_until, entry.revoked)
