"""The only reader of Dagster's event log: turns events into plain records."""
