"""Canonical JSON (RFC 8785) and SHA-256, under the names that certificates are written with."""

from dataset_pipeline.digests import canonical_json, sha256_file, sha256_hex

__all__ = ["canonical_json", "sha256_file", "sha256_hex"]
