"""SNS: delivers to web addresses of this machine with a time limit, and writes e-mails to files.

moto 5.2.5 waits for a web address for ever, sends to any host, and drops e-mails. `control_plane/unsupported.py`
rejects subscriptions of other hosts.
"""

import itertools
import json
import logging
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import requests  # pants: no-infer-dep
from moto.sns.models import Subscription

MAILS = "mail"  # a folder
SECONDS = 5.0  # for a web address
_SENDER = "AWS Notifications <no-reply@sns.amazonaws.com>"

_logger = logging.getLogger(__name__)
_publish = Subscription.publish
_numbers = itertools.count(1)


class Mailbox:
    """Where e-mails are written, each to a file; None: they are dropped."""

    folder: Path | None = None


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    Subscription.publish = _deliver  # type: ignore[assignment, method-assign]


def _deliver(
    subscription: Subscription, message: str, message_id: str, subject: str | None = None, **options: Any
) -> None:
    """Deliver a message to one subscription. As on AWS, the publisher is not told about a failure."""
    try:
        match subscription.protocol:
            case "email" | "email-json":
                if Mailbox.folder is not None:
                    _write(Mailbox.folder, subscription.endpoint, subject, message)
            case "http" | "https":
                _post(subscription, message, message_id, subject)
            case _:
                _publish(subscription, message, message_id, subject=subject, **options)
    except Exception as error:  # noqa: BLE001 - whatever the subscriber did
        _logger.warning("%s did not get the message %r: %s", subscription.endpoint, subject, error)


def _post(subscription: Subscription, message: str, message_id: str, subject: str | None) -> None:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": subscription.topic.arn,
        "x-amz-sns-subscription-arn": subscription.arn,
    }
    text = json.dumps(subscription.get_post_data(message, message_id, subject))
    with requests.Session() as session:
        session.trust_env = False  # no proxy
        session.post(subscription.endpoint, data=text, headers=headers, timeout=SECONDS).raise_for_status()


def _write(folder: Path, to: str, subject: str | None, message: str) -> None:
    mail = EmailMessage()
    now = datetime.now(UTC)
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = _SENDER, to, subject or "AWS Notification Message", now
    mail.set_content(message, cte="8bit")
    folder.mkdir(exist_ok=True)
    (folder / f"{now:%Y-%m-%dT%H-%M-%S}-{next(_numbers):04}.eml").write_bytes(mail.as_bytes())
