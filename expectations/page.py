"""Validation results as small self-contained pages; everything from the data is escaped."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{ title }}</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .7rem; border-bottom: 1px solid #8884; }
td { vertical-align: top; overflow-wrap: anywhere; }
.error { color: #c0392b; font-weight: 600; } .warning { color: #b9770e; font-weight: 600; }
.kept { color: #2e7d5b; }
</style>
<h1>{{ title }}</h1>
{% block body %}{% endblock %}
</html>
"""
_RESULT = """{% extends "page" %}{% block body %}
<p><a href="index.html">all checkpoints</a> · {{ r.rows }} rows ·
{% if r.passed %}<span class="kept">passed</span>
{% else %}<span class="error">failed</span>{% endif %}
{% if r.overridden %}· let pass by {{ r.overridden.who }} on {{ r.overridden.when }}:
{{ r.overridden.why }}{% endif %}</p>
<table><thead><tr><th scope="col">rule</th><th scope="col">column</th>
<th scope="col">expectation</th><th scope="col">outcome</th></tr></thead><tbody>
{% for f in r.expectations %}<tr><td>{{ f.rule }}</td><td>{{ f.column }}</td>
<td>{{ f.expectation }}</td><td>{% if f.success %}<span class="kept">kept</span>
{% else %}<span class="{{ f.severity }}">{{ f.severity }}</span>
{% endif %}{{ f.observed }}</td></tr>
{% endfor %}</tbody></table>{% endblock %}
"""
_INDEX = """{% extends "page" %}{% block body %}
<table><thead><tr><th scope="col">checkpoint</th><th scope="col">outcome</th>
<th scope="col">rows</th><th scope="col">errors</th><th scope="col">warnings</th></tr></thead>
<tbody>{% for r in records %}<tr><td><a href="{{ r.boundary }}.html">{{ r.boundary }}</a></td>
<td>{% if r.passed %}<span class="kept">passed</span>{% elif r.overridden %}
<span class="warning">let pass</span>{% else %}<span class="error">failed</span>{% endif %}</td>
<td>{{ r.rows }}</td><td>{{ r.errors | length }}</td><td>{{ r.warnings | length }}</td></tr>
{% endfor %}</tbody></table>{% endblock %}
"""


def result_page(record: Mapping[str, Any]) -> str:
    """The page of one checkpoint's result."""
    return _template("result").render(r=record, title=f"Checkpoint: {record['boundary']}")


def index_page(records: Sequence[Mapping[str, Any]]) -> str:
    """The page that lists every checkpoint of a run."""
    return _template("index").render(records=records, title="Checkpoints")


@functools.cache
def _template(name: str) -> Template:
    from jinja2 import DictLoader, Environment, StrictUndefined

    pages = {"page": _PAGE, "result": _RESULT, "index": _INDEX}
    loader = DictLoader(pages)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(name)
