"""``folder.yaml``: what people declare about an old folder. All of it is optional."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from dataset_pipeline.config import Period, Rights, Strict
from dataset_pipeline.errors import ConfigError
from dataset_pipeline.files import read_bytes
from dataset_pipeline.yaml_text import RepeatedKeyError, parse_once

FILE_NAME = "folder.yaml"


class About(Strict):
    """What is declared. Nothing of it is checked, and nothing that is not said is assumed."""

    title: str | None = None
    description: str | None = None
    owners: list[str] = Field(default=[])
    contact: str | None = None
    rights: Rights | None = None
    collected: Period | None = None
    sources: list[str] = Field(default=[])
    transformations: list[str] = Field(default=[])
    annotators: str | None = None
    splits: str | None = None
    intended_use: str | None = None
    limits: list[str] = Field(default=[])

    def said(self) -> dict[str, Any]:
        """What was declared, without what was left out."""
        return {name: value for name, value in self.plain().items() if value not in (None, [])}


def read_about(path: Path) -> About:
    """The declaration in a file. ConfigError lists what is wrong with it."""
    try:
        value = parse_once(read_bytes(path).decode())
        return About.model_validate({} if value is None else value)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except RepeatedKeyError as error:
        raise ConfigError(f"{path}: {error}; keep one") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError(f"{path}: not YAML in UTF-8; mend it, or move it away") from None
    except ValidationError as error:
        problems = "\n".join(
            f"  {'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        )
        raise ConfigError(f"{path} cannot be used:\n{problems}") from None
