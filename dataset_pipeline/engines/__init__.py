"""How a stage's expensive part runs: here, or spread over this machine's cores."""
