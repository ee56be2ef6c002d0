"""WhatsApp's own rules, the same whichever provider carries the messages."""

from datetime import timedelta

# Free-form messages are accepted for so long after the contact's last message:
# https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages
WINDOW = timedelta(hours=24)
