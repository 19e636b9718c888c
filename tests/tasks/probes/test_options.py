"""The documentation names the options that each probe has."""

from tasks.config import ProbeConfig
from tests import probe_options


def test_the_page_has_the_options_that_each_probe_reads() -> None:
    text = probe_options.PAGE.read_text(encoding="utf-8")
    assert text == probe_options.page(text), "run `make docs`"


def test_the_page_says_the_default_of_every_option() -> None:
    text = probe_options.PAGE.read_text(encoding="utf-8")
    for name, field in ProbeConfig.model_fields.items():
        default = field.get_default(call_default_factory=True)
        assert f"| `{name}` | {default or ('none' if default != 0 else 0)} |" in text
