"""What is indexed for the search; the indexes are made by migration 0003, to the letter.

PostgreSQL has an expression index for each of these; SQLite has the table `message_words`, and
looks through contacts one by one.
"""

PUNCTUATION = "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
# Punctuation parts words, so that "AB-123" is found by "123".
_PARTED = PUNCTUATION.replace("'", "''")
MESSAGE_SQL = (
    "to_tsvector('simple', translate(left(message.body, 20000), "
    f"'{_PARTED}', repeat(' ', {len(PUNCTUATION)})))"
)
CONTACT_SQL = "lower(substr(contact.name, 1, 255) || ' ' || contact.key)"
