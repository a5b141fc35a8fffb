"""What happens to records: pure functions on Polars frames, one module a stage.

A stage gets frames and its policy and returns a ``StageResult``. It never sees Dagster, the
store, the environment or the clock.
"""
