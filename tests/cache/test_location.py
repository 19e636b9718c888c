"""Where a cache may be said to be, and that no password goes where it can be read."""

import pytest

from cache.location import address, checked, is_shared, shown
from data.errors import ConfigError


@pytest.mark.parametrize(
    "location",
    [
        "redis://:hunter2@host/0",
        "redis://me:hunter2@host/0",
        "rediss://host/0?password=hunter2",
        "unix:///run/redis.sock?db=0&password=hunter2",
        "unix:///run/redis.sock?username=hunter2",
        "redis://:hunter2@host:port/0",
        "https://:hunter2@host/0",
    ],
)
def test_an_address_with_a_secret_is_refused_without_repeating_it(location: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(location)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "shared"),
    [
        (".cache/judgeflow", False),
        ("/big/disk", False),
        ("redis://host:6380/2", True),
        ("redis://judgeflow@host", True),
        ("rediss://host/0?ssl_ca_certs=ca.pem", True),
        ("unix:///run/redis.sock?db=1", True),
        ("env:REDIS_URL", True),
    ],
)
def test_folders_and_servers_are_told_apart(location: str, shared: bool) -> None:
    assert checked(location) == location
    assert is_shared(location) == shared


def test_an_address_may_come_from_the_environment_with_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REDIS_URL", "rediss://me:hunter2@host:6390/3?db=3")
    found = address("env:REDIS_URL")
    assert "hunter2" in found
    assert shown(found) == "rediss://host:6390/3"


@pytest.mark.parametrize("value", [None, "", "host:6379"])
def test_a_variable_without_an_address_is_named(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("REDIS_URL", value)
    with pytest.raises(ConfigError, match="'REDIS_URL' must hold an address such as redis://"):
        address("env:REDIS_URL")
