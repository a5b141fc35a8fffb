"""Which texts hold an item that must not be in them: a benchmark's, a held-out prompt."""
