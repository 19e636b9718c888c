"""Judges that nobody asks, by how their names begin: a name that is configured has no colon."""

MADE = "^(baseline|panel):"  # of labels and texts, and of all judges' verdicts
COMBINED = "^(both-orders|cascade):"  # of the answers of one judge or two
NOBODY = "^(baseline|panel|both-orders|cascade):"
