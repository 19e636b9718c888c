"""A probe takes the options that it reads and no other, and the documentation names them."""

from typing import Any

import pytest

from data.errors import ConfigError
from tasks.config import ProbeConfig
from tasks.config_file import parse_config
from tasks.probe_options import require_probes
from tasks.probes import PROBES
from tests import probe_options


def required(probe: str, **options: Any) -> None:
    judges = [{"name": name, "client": "simulated"} for name in ("red", "blue")]
    plain = {"name": "t", "dataset": {"path": "x"}, "judges": judges}
    require_probes(parse_config({**plain, "probes": {probe: options}}))


GIVEN: dict[str, Any] = {
    "limit": 3, "repeats": 3, "draws": 3, "families": {"r": ["red"]}, "seed": 3,
    "audits": "audits.csv", "cascade": ["red", "blue"],
}  # fmt: skip


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_names_the_options_that_it_reads(probe: str) -> None:
    assert PROBES[probe].options == probe_options.read_by(PROBES[probe])


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_takes_what_it_reads_and_refuses_the_rest(probe: str) -> None:
    assert set(GIVEN) == set(ProbeConfig.model_fields)
    for option, value in GIVEN.items():
        if option in PROBES[probe].options:
            required(probe, **{option: value})
        else:
            with pytest.raises(ConfigError, match=f"probe '{probe}' does not read '{option}'"):
                required(probe, **{option: value})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seed": 3}, "probe 'order' does not read 'seed' (3); it reads 'limit', 'draws'"),
        (
            {"severity": [1]},
            "configuration: probes.order.severity: probe 'order' does not read 'severity' ([1]); "
            "it reads 'limit', 'draws'",
        ),
    ],
)
def test_the_refusal_is_one_line_with_the_probe_the_option_and_those_it_reads(
    options: Any, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        required("order", **options)
    assert str(caught.value) == said


def test_an_option_at_its_default_is_taken_as_every_stored_configuration_has_them_all() -> None:
    required("order", **ProbeConfig().model_dump())


def test_a_probe_that_is_not_there_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"\['charm'\] are not defined; known: .*'order'"):
        required("charm")
    with pytest.raises(ConfigError, match=r"charm\.charms: Extra inputs are not permitted, got 3"):
        required("charm", charms=3)


def test_the_page_has_the_options_that_each_probe_reads() -> None:
    text = probe_options.PAGE.read_text(encoding="utf-8")
    assert text == probe_options.page(text), "run `make docs`"


def test_the_page_says_the_default_of_every_option() -> None:
    text = probe_options.PAGE.read_text(encoding="utf-8")
    for name, field in ProbeConfig.model_fields.items():
        default = field.get_default(call_default_factory=True)
        assert f"| `{name}` | {default or ('none' if default != 0 else 0)} |" in text
