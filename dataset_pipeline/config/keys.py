"""Which keys are valid at a place of a ``dataset.yaml``: by the models, down from the top."""

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from dataset_pipeline.config.dataset import DatasetConfig

Location = tuple[str | int, ...]


def known_keys(place: Location) -> set[str]:
    """The keys of the mapping at a place, as Pydantic's errors name places."""
    types: list[Any] = [DatasetConfig]
    for part in place:
        types = [found for one in types for found in _below(one, part)]
    models = [member for one in types for member in _members(one) if _is_model(member)]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def _below(annotation: Any, part: str | int) -> list[Any]:
    """What stands below a part of the place; of a union, the members that the part names."""
    members = _members(annotation)
    if len(members) > 1:
        return [member for member in members if str(part) in _names(member)]
    (only,) = members
    if _is_model(only):
        fields = only.model_fields.items()
        return [field.annotation for name, field in fields if part == (field.alias or name)]
    return list(get_args(only)[-1:])  # of a list its items, of a dict its values


def _members(annotation: Any) -> list[Any]:
    """The members of a union without None; what is no union is its only member."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) not in (Union, UnionType):
        return [annotation]
    members = [one for one in get_args(annotation) if one is not NoneType]
    return [found for member in members for found in _members(member)]


def _names(member: Any) -> set[str]:
    """What Pydantic calls a member of a union: its class, or the value that tells it apart."""
    if not _is_model(member):
        return set()
    told = [field.annotation for field in member.model_fields.values()]
    values = [value for one in told if get_origin(one) is Literal for value in get_args(one)]
    return {member.__name__, *map(str, values)}


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
