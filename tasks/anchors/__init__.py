"""Anchors: frozen labelled samples that judges are asked afresh every night, and canaries."""

PROBE = "anchors"  # what their rows of the plan and of the verdicts carry as their probe
