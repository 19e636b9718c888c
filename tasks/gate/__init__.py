"""Two runs on the same items: what differs, whether that is a loss that matters, and whose doing.

Pure functions of tables and of what `run.json` says; `tasks/stages/gating.py` reads the folders.
"""
