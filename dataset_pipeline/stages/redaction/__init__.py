"""What becomes of personal data that was found: spans are scanned for, chosen, and replaced."""
