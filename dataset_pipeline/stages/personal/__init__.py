"""Personal data and secrets: what finds them."""
