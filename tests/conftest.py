"""What tests share: where the real data lies, and a stand-in for model providers."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.redis_process import RedisProcess, redis_process
from tests.standin.control import StandinControl, standin_process

ROOT = Path(__file__).parents[1]
settings.register_profile("judgeflow", deadline=None)  # a busy machine is no defect
settings.load_profile("judgeflow")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real labels and recorded judge outputs beside the project."""
    folder = Path(os.environ.get("JUDGEFLOW_SHARED_DATA", ROOT / "../shared/data")).resolve()
    if not folder.is_dir():
        reason = f"no real data at {folder}; set JUDGEFLOW_SHARED_DATA"
        if os.environ.get("JUDGEFLOW_REQUIRE_DATA"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def standin_server() -> Iterator[StandinControl]:
    """One stand-in provider for the session, in a process of its own; started on first use."""
    with standin_process() as control:
        yield control


@pytest.fixture
def standin(standin_server: StandinControl) -> StandinControl:
    """The stand-in provider with no counts and no faults."""
    standin_server.reset()
    return standin_server


@pytest.fixture(scope="session")
def redis_server_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """One redis-server for the session, every answer on its disk before it says so."""
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with redis_process(tmp_path_factory.mktemp("redis"), *options) as process:
        yield process


@pytest.fixture
def redis_server(redis_server_of_session: RedisProcess) -> RedisProcess:
    """The session's redis-server, empty."""
    with redis_server_of_session.client() as client:
        client.do("FLUSHALL")
    return redis_server_of_session
