"""Brings sources into the raw zone: files, downloads, objects, queries. No Dagster."""
