"""Trainers: what uses a version to make a model. No Dagster, no store."""
