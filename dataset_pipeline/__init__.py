"""Dataset lineage and certification for machine learning, as a Dagster project."""

__version__ = "0.1.0"
