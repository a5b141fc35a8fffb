"""What other people's readers say of a package; run by a Python that has them, not by ours.

    python readers.py croissant BAG       mlcroissant: validates it, and loads every record set
    python readers.py crate FOLDER        ro-crate-py, and rocrate-validator's required checks
    python readers.py card FILE           huggingface_hub

Each prints JSON.
"""

import json
import os
import sys
from importlib import resources
from pathlib import Path
from typing import Any


def croissant(bag: str) -> dict[str, Any]:
    """Rows by record set, and what is wrong."""
    import mlcroissant

    dataset = mlcroissant.Dataset(Path(bag) / "croissant.json")
    rows = {
        one.id: [_plain(row, one.id) for row in dataset.records(one.id)]
        for one in dataset.metadata.record_sets
    }
    context = dataset.metadata.ctx
    return {"version": context.conforms_to.value, "issues": context.issues.report(), "rows": rows}


def _plain(value: Any, parent: str = "") -> Any:
    """Values as JSON has them, under their own names instead of their ids."""
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: _plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):
        value = value.tolist()
    return [_plain(item) for item in value] if isinstance(value, list) else value


def crate(folder: str) -> dict[str, Any]:
    """The crate's files, and what the validator of RO-Crate 1.1 demands in vain."""
    import requests
    from rocrate.rocrate import ROCrate
    from rocrate_validator import models, services

    context = (resources.files("rocrate") / "data" / "ro-crate.jsonld").read_bytes()

    def offline(self: Any, request: Any, **_: Any) -> Any:
        """The validator asks the network for the context, which ro-crate-py brings along."""
        if "w3id.org/ro/crate" not in request.url:
            raise requests.ConnectionError(request.url)
        answer = requests.Response()
        answer.status_code, answer._content, answer.url = 200, context, request.url
        answer.headers["Content-Type"] = "application/ld+json"
        answer.request = request
        return answer

    requests.adapters.HTTPAdapter.send = offline
    requests.Session.send = offline
    found = ROCrate(folder)
    settings = services.ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="ro-crate-1.1",
        requirement_severity=models.Severity.REQUIRED,
        no_cache=True,
    )
    result = services.validate(settings)
    return {
        "files": sorted(entity.id for entity in found.data_entities if entity.type == "File"),
        "passed": result.passed(),
        "issues": [issue.message for issue in result.get_issues()],
    }


def card(file: str) -> dict[str, Any]:
    """The front matter."""
    from huggingface_hub import DatasetCard

    return DatasetCard.load(file, ignore_metadata_errors=False).data.to_dict()


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](sys.argv[2])), flush=True)
    os._exit(0)  # Arrow's threads may abort a Python that takes its time to end (arrow#34314)
