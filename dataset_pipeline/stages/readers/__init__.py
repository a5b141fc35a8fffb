"""One small reader a kind of source: files in, rows and unreadable rows out. No policy."""
