"""The nouns of judgeflow: frozen records that say what was measured, asked, answered and found."""

from __future__ import annotations

import string
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

Mode = Literal["score", "pair", "batch"]
MODES: tuple[Mode, ...] = ("score", "pair", "batch")
AnswerMode = Literal["score", "pair", "batch", "ask"]  # `ask`: a question about the picture
LETTERS = string.ascii_uppercase
TIE = "C"  # the third verdict of a pair comparison


class Record(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- what is measured -------------------------------------------------------------------------


class Scale(Record):
    """The whole-number scale of a scoring dataset; declared, never assumed."""

    low: int = 1
    high: int = 5


class ImageRef(Record):
    """An original image: path relative to the dataset's root, sha256 of the file's bytes."""

    path: str
    sha256: str


class Response(Record):
    """One answer to the instruction and who wrote it."""

    author: str
    text: str


class Label(Record):
    """One annotator's verdict in the sample's own order.

    `origin` keeps labels that follow from how an item was made ("construction") apart from
    labels that a person gave ("human").
    """

    annotator: str
    verdict: str
    origin: Literal["human", "construction"] = "human"


class Sample(Record):
    """An item in one mode with its responses in their own order, as annotators judged it.

    `verdict` strings of labels: `"4"` (score), `"A" | "B" | "C"` (pair, C is a tie), `"CDAB"`
    (batch, best first). `cluster_id` is the sha256 of the original image(s), `None` if unknown.
    """

    sample_id: str
    item_id: str
    cluster_id: str | None
    mode: Mode
    source: str | None
    instruction: str
    images: tuple[ImageRef, ...] = ()
    responses: tuple[Response, ...] = ()
    labels: tuple[Label, ...] = ()


class RejectedRow(Record):
    """A dataset row that could not be used: where it stands and why."""

    file: str
    line: int
    reason: str
    excerpt: str = ""


# --- what is asked ------------------------------------------------------------------------------


class TextPart(Record):
    """Text of a message."""

    type: Literal["text"] = "text"
    text: str


class ImagePart(Record):
    """An image of a message, by the sha256 of the bytes as sent."""

    type: Literal["image"] = "image"
    sha256: str
    media_type: str


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]


class Message(Record):
    """One message of a conversation."""

    role: Literal["system", "user"]
    content: tuple[Part, ...]


class Request(Record):
    """Everything that can change a model's answer, and nothing that cannot.

    `params` are decoding parameters exactly as the provider receives them. `context` is what a
    simulated or recorded judge reads instead of pixels and prose; it is null for real models.
    """

    provider: str
    endpoint: str
    model: str
    messages: tuple[Message, ...]
    params: dict[str, JsonValue]
    context: dict[str, JsonValue] | None = None
    repeat: int = 0
    epoch: str = "base"

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The image parts of all messages in order."""
        return tuple(p for m in self.messages for p in m.content if isinstance(p, ImagePart))

    @property
    def text(self) -> str:
        """The text parts of all messages, joined by newlines."""
        return "\n".join(p.text for m in self.messages for p in m.content if p.type == "text")


# --- what is answered ---------------------------------------------------------------------------


class Usage(Record):
    """Billed tokens as the provider reports them; `None` where it does not.

    `output_tokens` includes `reasoning_tokens`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None


FinishReason = Literal["stop", "length", "refusal", "content_filter", "other"]


class LabelToken(Record):
    """A token that may be a verdict: where it starts in the text, and how likely each label was.

    `options` are labels (numbers, capital letters) with their log-probabilities, likeliest first.
    """

    at: int
    options: tuple[tuple[str, float], ...]


class Answer(Record):
    """A completed reply, raw: what the provider said, before anyone interprets it.

    `without` names what the request asked for and the endpoint does not offer.
    """

    text: str
    finish_reason: FinishReason
    model: str | None = None
    usage: Usage = Usage()
    latency_s: float = 0.0
    attempts: int = 1
    created_at: str = ""
    fingerprint: str | None = None
    without: tuple[str, ...] = ()
    label_tokens: tuple[LabelToken, ...] = ()


LABEL_TOKENS: TypeAdapter[tuple[LabelToken, ...]] = TypeAdapter(tuple[LabelToken, ...])

FailureKind = Literal[
    # transient: asked again, then the row stays open
    "rate_limited", "overloaded", "server_error", "connection", "timeout", "bad_body",
    # asked again without an extra that the endpoint does not offer
    "unsupported",
    # for good: this one request can never be answered
    "bad_request",
    # fatal: no further request can be answered
    "credentials", "unknown_model", "quota", "miss",
    # stopped by us: the row stays open
    "budget", "interrupted",
]  # fmt: skip


class Failure(Record):
    """A request without an answer. Never stored in the call cache."""

    kind: FailureKind
    message: str
    status: int | None = None
    attempts: int = 0
    perhaps_paid: int = 0


# --- what is found ------------------------------------------------------------------------------


class Scored(Record):
    """A readable score on the dataset's scale."""

    status: Literal["scored"] = "scored"
    value: float


class Chosen(Record):
    """A readable pair verdict: first, second or tie."""

    status: Literal["chosen"] = "chosen"
    value: Literal["A", "B", "C"]


class Ranked(Record):
    """A readable ranking: every letter once, best first."""

    status: Literal["ranked"] = "ranked"
    value: str


class Said(Record):
    """A readable answer to a question about the picture."""

    status: Literal["said"] = "said"
    value: Literal["yes", "no", "unsure"]


class Unparsed(Record):
    """An answer without a readable judgement."""

    status: Literal["unparsed"] = "unparsed"
    reason: str


class Refused(Record):
    """An answer in which the model or its filter declined."""

    status: Literal["refused"] = "refused"
    reason: str


class Failed(Record):
    """A request the provider rejected for good."""

    status: Literal["failed"] = "failed"
    reason: str


Readable = Scored | Chosen | Ranked | Said
READABLE = ("scored", "chosen", "ranked", "said")  # their statuses
YES_NO = ("yes", "no", "unsure")
Verdict = Annotated[
    Scored | Chosen | Ranked | Said | Unparsed | Refused | Failed, Field(discriminator="status")
]


ALARM = "ALARM"  # opens the note of an estimate that must not be overlooked


class Estimate(Record):
    """One number with its uncertainty and what it is a number of.

    `group` is `"pooled"`, `"macro"` (unweighted mean over sources), `"source:NAME"`,
    `"label:LEVEL"`, `"responder:NAME"`, `"bin:NUMBER"` or `"dose:SIZE"`. `arm` is what a probe
    changed. `value` is `None` where the measure is not defined; `note` then says why.
    `bound_low` and `bound_high` are the limits under what missing verdicts could have been.
    """

    judge: str
    mode: AnswerMode
    setting: str
    probe: str | None
    arm: str | None = None
    metric: str
    group: str
    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    bound_low: float | None = None
    bound_high: float | None = None
    n: int
    n_missing: int
    clusters: int
    clustered: bool
    repeat_rule: str
    note: str | None = None
