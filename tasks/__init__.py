"""The work: pure modules, and `steps.py` with every Prefect task."""
