"""Answers to the questions that people ask of the store; no Dagster, and nothing is changed."""
