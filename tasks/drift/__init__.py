"""Watching judges over nights: a frozen baseline, a two-sided CUSUM, a limit with a promise."""
