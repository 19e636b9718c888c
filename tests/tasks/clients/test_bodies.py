"""Bodies are the JSON one would write plainly, whatever stands beside the images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from data.records import ImagePart
from tasks.clients.bodies import Encoded, content

if TYPE_CHECKING:
    from tests.tasks.clients.conftest import Images

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


def test_a_body_equals_plain_json_with_the_images_inside(images: Images) -> None:
    first, second = images.add(b"one"), images.add(b"two")

    @given(st.lists(TEXTS | st.sampled_from([first, second]), max_size=8))
    def holds(parts: list[str | ImagePart]) -> None:
        def written(encoded: Encoded) -> dict[str, Any]:
            return {
                "parts": [
                    part if isinstance(part, str) else encoded(part.sha256, part.media_type)
                    for part in parts
                ]
            }

        assert json.loads(content(written, images)) == written(images.text)

    holds()
