"""What people look at: metadata, plots, the report."""
