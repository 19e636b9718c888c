"""Schedules, work pools and the dated data files they run with."""
