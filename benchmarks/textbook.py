"""The pipeline that most tutorials build, as the yardstick: Flask, Celery, a task a message.

What the tasks do is in textbook_job.py; textbook_rq.py and textbook_dramatiq.py do the same.
"""

import os

from celery import Celery
from flask import Flask, Response, request
from twilio.request_validator import RequestValidator

from benchmarks import textbook_job

celery = Celery("textbook", broker=os.environ["BROKER_URL"])
celery.conf.update(
    task_ignore_result=True,
    # What a worker that dies had in hand runs again.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=4,
    broker_connection_retry_on_startup=True,
    worker_enable_remote_control=False,
)


@celery.task  # type: ignore[untyped-decorator]  # Celery has no types
def handle(provider_id: str, phone: str, body: str) -> None:
    """A message came in."""
    send.delay(textbook_job.handle(provider_id, phone, body))


@celery.task  # type: ignore[untyped-decorator]  # Celery has no types
def send(message_id: int) -> None:
    """A reply goes out."""
    textbook_job.send(message_id)


enqueue = handle.delay

app = Flask(__name__)
_validator = RequestValidator(textbook_job.TOKEN)


@app.post("/webhooks/twilio")
def receive() -> Response:
    """Check the signature and queue the message."""
    url = os.environ["PUBLIC_URL"] + request.path
    signature = request.headers.get("X-Twilio-Signature", "")
    if not _validator.validate(url, request.form.to_dict(), signature):
        return Response(status=403)
    form = request.form
    handle.delay(form["MessageSid"], form["From"], form["Body"])
    return Response("<Response/>", mimetype="text/xml")
