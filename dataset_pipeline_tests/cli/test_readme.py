import re
from pathlib import Path

import dataset_pipeline
from dataset_pipeline.cli.main import app

README = Path(dataset_pipeline.__file__).parent.parent / "README.md"


def test_the_readme_names_the_commands_that_take_no_store() -> None:
    without = {
        str(command.callback.__name__).replace("_", "-")
        for command in app.registered_commands
        if command.callback and "store" not in command.callback.__annotations__
    }
    said = re.search(r"Every command but (.+) takes `--store DIR`", README.read_text("utf-8"))
    assert said
    assert set(re.findall("`(.+?)`", said[1])) == without
