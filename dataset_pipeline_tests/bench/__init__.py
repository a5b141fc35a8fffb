"""Speed, as ratios against a peer or a bound measured in the same run: ``make bench``."""
