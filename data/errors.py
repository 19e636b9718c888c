"""Errors that end a command, each with the exit code a script can rely on.

JudgeflowError
├── InputError            2   bad dataset, configuration, credentials or environment
│   ├── ConfigError
│   ├── DataError
│   ├── CredentialsError      bad key, unknown model, exhausted quota
│   └── HostError             full disk, read-only folder, a run folder held by another process
│       └── LostRunError      another process has taken the run over
├── RegressionError       1   a judge is worse than in its last good run, or drifts
├── IncompleteError       3   rows are still open, or coverage is below its floor
├── BudgetError           4   the next call could cross the limit
├── CheckpointError       5   an error-level expectation failed
├── DefectError          70   a mistake in judgeflow itself
└── InterruptedRunError 130   Ctrl-C or cancel
    ├── OrphanedRunError      the worker that started the run is gone
    └── SupersededRunError    the server has moved on from this attempt
"""


class JudgeflowError(Exception):
    """An expected failure: one clear line and an exit code, never a traceback."""

    exit_code = 2


class InputError(JudgeflowError):
    """What was given cannot be used."""


class ConfigError(InputError):
    """The configuration is wrong."""


class DataError(InputError):
    """A dataset, table or image is wrong."""


class CredentialsError(InputError):
    """The provider will refuse every further call: bad key, unknown model, exhausted quota."""


class HostError(InputError):
    """The machine cannot do it: full disk, read-only folder, a lock held by a live process."""


class LostRunError(HostError):
    """Another process has taken the run over; this one must neither write nor call."""


class RegressionError(JudgeflowError):
    """A judge is worse than in the run it is compared with, or another than its baseline."""

    exit_code = 1


class IncompleteError(JudgeflowError):
    """Some requests have no answer yet; `judgeflow resume` asks them again."""

    exit_code = 3


class BudgetError(JudgeflowError):
    """The run stopped before a call that could have crossed its limit."""

    exit_code = 4


class CheckpointError(JudgeflowError):
    """An error-level expectation failed; nothing was spent on the next stage."""

    exit_code = 5


class InterruptedRunError(JudgeflowError):
    """Somebody pressed Ctrl-C or cancelled the run."""

    exit_code = 130


class OrphanedRunError(InterruptedRunError):
    """The worker that started the run is gone; nobody would notice what becomes of it."""


class SupersededRunError(InterruptedRunError):
    """The server counts this attempt as over; another one may be on its way."""


class DefectError(JudgeflowError):
    """Something nobody thought of; `JUDGEFLOW_TRACEBACK=1` shows where."""

    exit_code = 70
