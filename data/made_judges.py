"""Judges that nobody asks, by how their names begin: a name that is configured has no colon."""

MADE = "^(baseline|panel):"  # of labels and texts, and of all judges' verdicts
COMBINED = "^(both-orders|cascade):"  # of the answers of one judge or two
VERSION = "version:"  # of the answers of one model version of a judge
NOBODY = "^(baseline|panel|both-orders|cascade|version):"
