"""What a text is worth: language and measures."""
