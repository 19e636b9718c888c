"""Who is told when a scheduled run fails: a Prefect automation that posts to a webhook."""

from __future__ import annotations

import urllib.parse

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.actions import CallWebhook
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.types import SecretDict
from pydantic import SecretStr

from data.errors import ConfigError

AUTOMATION = "judgeflow: a scheduled run failed"
BLOCK = "judgeflow-notify"
TAG = "scheduled"  # of the deployments that are told about
EVENTS = {f"prefect.flow-run.{state}" for state in ("Failed", "TimedOut", "Crashed", "Late")}
# `text` is what Slack, Mattermost and Slack-compatible hooks show; the rest is for scripts.
PAYLOAD = """{% set url = flow_run|ui_url %}{% set state = flow_run.state %}{
 "text": {{ ("judgeflow: " ~ deployment.name ~ " run " ~ flow_run.name ~ " is " ~ state.name ~ ": "
            ~ (state.message or "no message") ~ " " ~ (url or "")) | tojson }},
 "run": {{ flow_run.name | tojson }},
 "deployment": {{ deployment.name | tojson }},
 "state": {{ state.name | tojson }},
 "message": {{ state.message | tojson }},
 "tags": {{ flow_run.tags | tojson }},
 "url": {{ url | tojson }}
}"""


def notify_of_failures(client: SyncPrefectClient, url: str) -> str:
    """Make or replace the automation that posts JSON to `url`; returns its name.

    The address is kept by Prefect as a secret block, encrypted, for it may hold a token.

    Raises:
        ConfigError: `url` is not an http address.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("the webhook must be an http or https address (it is not shown here)")
    hook = Webhook(
        url=SecretStr(url), headers=SecretDict({"Content-Type": "application/json"})
    ).save(BLOCK, overwrite=True)
    for old in client.read_automations_by_name(AUTOMATION):
        client.delete_automation(old.id)
    client.create_automation(automation(hook))
    return AUTOMATION


def automation(hook: object) -> AutomationCore:
    """A run tagged `scheduled` that failed, crashed, or did not start in time is told about."""
    return AutomationCore(
        name=AUTOMATION,
        description="Made by `judgeflow deploy --notify`, which replaces it.",
        trigger=EventTrigger(
            expect=EVENTS,
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={
                "prefect.resource.id": f"prefect.tag.{TAG}",
                "prefect.resource.role": "tag",
            },
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[CallWebhook(block_document_id=hook, payload=PAYLOAD)],
    )
