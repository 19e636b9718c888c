"""Prefect's result cache: a finished shard is skipped only when the same run is retried."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext


@dataclass
class OncePerRun(CachePolicy):
    """Keys a shard by its run, its id and an explicit step version, and by nothing else.

    The step's inputs must include `nonce` (made with the run's folder) and `shard`.
    """

    version: str = "1"

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],
        **kwargs: Any,
    ) -> str:
        """The cache key of a task run."""
        identity = f"{inputs['nonce']}:{inputs['shard']}:{self.version}"
        return "judgeflow-" + hashlib.sha256(identity.encode()).hexdigest()
