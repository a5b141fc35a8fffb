"""Certificates for old folders that have files and no history: what can be said, and what not."""
