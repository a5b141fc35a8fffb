"""``python -m dataset_pipeline.cli``: the same as ``dataset-pipeline``."""

from dataset_pipeline.cli.main import main

main()
