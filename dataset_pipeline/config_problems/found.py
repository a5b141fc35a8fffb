"""What a search for problems gives, and how it walks the parsed YAML."""

from typing import Any

from dataset_pipeline.config.keys import Location

Found = tuple[Location, str]


def mapping(data: Any, *path: str) -> dict[str, Any]:
    """The mapping at a path; an empty one where there is none."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
