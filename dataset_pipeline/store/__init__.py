"""What is kept: snapshots, batches, computations, versions, the ledger. No Dagster, no policy."""
