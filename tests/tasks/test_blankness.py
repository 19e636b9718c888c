"""What counts as a judge's word that there is nothing to see, and what does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.blankness import says_blank

SAID = [
    "The image is blank.",
    "The image is completely black, so the answer cannot be verified.",
    "I notice that the picture provided is entirely black.",
    "The attached image appears to be blank",
    "The chart is empty, therefore neither response can be right.",
    "Because the image is grey and shows nothing, I give a low score.",
    "The picture appears to be just random noise.",
    "The image contains nothing.",
    "The image shows only static.",
    "I only see a black square.",
    "The image seems to be a solid gray image.",
    "This is a blank image.",
    "There is no image.",
    "No image was provided.",
    "No visible image is attached.",
    "I cannot see the image.",
    "I can't see any image, so I judge the text alone.",
    "Unfortunately I'm unable to view the picture.",
    "The image is not visible.",
    "The figure isn't available.",
    "The image did not load.",
    "The image has not been provided.",
    "The image does not show anything.",
    "The picture doesn't contain any discernible content.",
    "Nothing is visible in the image.",
    "Nothing can be seen.",
    "The image contains no discernible details.",
    "The image is missing.",
    "As the image is blank, there is no evidence.",
    "I can't verify this with a black image.",
    "For this item the image is blank.",
    "Response B correctly says that the image is blank.",
    "The response names a bar, but the image is all black.",
    "**The image is black.**",
    json.dumps({"FigureAnalysis": "It is dark.\nThe image is black.", "Judgement": "[[1]]"}),
    "The image is not blurred. The image is blank.",
    "I can\u2019t see the image.",
    "It looks as though the image is blank.",
]
NOT_SAID = [
    "The image is not blank.",
    "The image isn't black.",
    "The image is neither blank nor black.",
    "I do not think that the image is blank.",
    "If the image is blank, the answer is wrong.",
    "I doubt that the image is blank.",
    "Is the image blank?",
    "Response A claims that the image is blank.",
    "Assistant B wrongly says the picture is empty.",
    "The left half of the image is empty.",
    "The rest of the chart is blank.",
    "The image is black and white.",
    "The image is black or white.",
    "The image is dark in the lower corner.",
    "The picture shows a black cat on a grey sofa.",
    "The picture is empty of people.",
    "The chart is missing a label.",
    "The chart does not show any information about prices.",
    "The image does not contain any toaster.",
    "There is no umbrella in the image.",
    "The umbrella is not visible in the image.",
    "Nothing in the image supports the claim.",
    "There is no image of a dog in the answer.",
    "I do not see the image as evidence of that.",
    "I cannot see the picture of a dog that the response describes.",
    "The figure is a black square beside a green circle.",
    "The photo has a white frame.",
    "The table is empty.",
    "The dog from the first sub-image is completely absent.",
    "Their presence in the generated image is missing.",
    "The response leaves the last field blank.",
    "The response is blank.",
    "The chart is noisy.",
    "The answer adds noise.",
    "Simulated analysis: no model has looked at this picture.",
    "I'm sorry, but I can't help with judging this.",
    "The image is blank paper held by a man.",
    "",
]


@pytest.mark.parametrize("text", SAID)
def test_a_plain_statement_that_nothing_is_to_be_seen_is_found(text: str) -> None:
    assert says_blank(text)


@pytest.mark.parametrize("text", NOT_SAID)
def test_denials_conditions_parts_and_claims_of_others_are_none(text: str) -> None:
    assert not says_blank(text)


@pytest.mark.parametrize("word", ["the image is ", "no ", "nothing is ", "black ", "the "])
def test_hostile_lengths_are_read_to_an_end(word: str) -> None:
    assert not says_blank(word * 30_000)


@pytest.mark.data
def test_real_judges_say_it_of_one_picture_in_a_thousand_and_call_it_black(
    shared_data: Path,
) -> None:
    file = shared_data / "wildvision_bench" / "raw_sample_gpt-4o.jsonl"
    games = [game for line in file.read_text().splitlines() for game in json.loads(line)["games"]]
    texts = [game["judgment"] for game in games]
    for path in sorted((shared_data / "viescore" / "raw_sample").glob("*.json")):
        texts += words(json.loads(path.read_text()))
    assert len(texts) == 40 + 408 + 585
    (said,) = (text for text in texts if says_blank(text))
    assert said.startswith("The second image is completely black")


def words(found: Any) -> list[str]:
    """The strings of a JSON value that are long enough for a sentence."""
    if isinstance(found, str):
        return [found] if len(found) > 30 else []
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return [text for each in inside for text in words(each)]
