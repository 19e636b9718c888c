"""What a judge claims as evidence: read out of its answer, and held against what is known."""
