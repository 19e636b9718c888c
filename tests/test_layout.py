"""The tree keeps its shape: packages, layers, and who may import what."""

import ast
import functools
import importlib.metadata
import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("data", "cache", "expectations", "tasks", "flows", "deployments")
HOMES = {
    "prefect": ("cache/policies.py", "tasks/steps.py", "flows/", "deployments/"),
    "great_expectations": ("expectations/",),
    "openai": ("tasks/clients/openai_client.py", "tasks/clients/openai_batches.py"),
    "anthropic": ("tasks/clients/anthropic_client.py", "tasks/clients/anthropic_batches.py"),
    "diskcache": ("cache/disk.py",),
    "redis": ("cache/redis_",),
}


@functools.cache
def imports() -> tuple[tuple[str, str], ...]:
    """Every (file, imported top-level name) of the six packages."""
    return tuple(_imports())


def _imports() -> Iterator[tuple[str, str]]:
    for layer in LAYERS:
        for path in (ROOT / layer).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from ((name, alias.name.split(".")[0]) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield name, node.module.split(".")[0]


@pytest.fixture(scope="module")
def owners() -> Mapping[str, list[str]]:
    """The distributions that bring each top-level package."""
    return importlib.metadata.packages_distributions()


@pytest.mark.parametrize("layer", LAYERS)
def test_each_package_is_the_one_in_the_tree_and_nobody_elses(
    layer: str, owners: Mapping[str, list[str]]
) -> None:
    spec = importlib.util.find_spec(layer)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)
    assert set(owners.get(layer, [])) <= {"judgeflow"}


def test_imports_point_left() -> None:
    wrong = [
        (file, name)
        for file, name in imports()
        if name in LAYERS and LAYERS.index(name) > LAYERS.index(file.split("/")[0])
    ]
    assert wrong == []


def test_each_library_stays_in_its_room() -> None:
    strays = [
        (file, name)
        for file, name in imports()
        if name in HOMES and not file.startswith(HOMES[name])
    ]
    assert strays == []


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib\n"
        "from flows.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "heavy = {'prefect', 'great_expectations', 'polars', 'pydantic', 'openai', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr.strip() == "[]"
    assert "Exit codes" in done.stdout


def test_nothing_in_the_repository_names_a_registry_a_key_or_a_machine_path() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    words = ("pypi.org/simple", "files.pythonhosted", "--index-url", "/home/", "/root/")
    found = [
        (name, word)
        for name in listed
        if (path := ROOT / name).is_file() and path.suffix not in {".png", ".jpg"}
        and name != "tests/test_layout.py"
        for word in words
        if word in path.read_text(encoding="utf-8", errors="replace")
    ]  # fmt: skip
    assert found == []
