"""The graph: thin assets that load, call a stage and report. No rules of their own."""
