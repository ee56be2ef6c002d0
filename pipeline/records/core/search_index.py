"""The expressions that the search indexes are over, as SQL text: the migrations have the same.

PostgreSQL has an expression index for each of these. SQLite has the table `message_words`, and
searches contacts row by row.
"""

PUNCTUATION = "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
# Punctuation separates words, so that "AB-123" is found by "123".
_PARTED = PUNCTUATION.replace("'", "''")
MESSAGE_SQL = (
    "to_tsvector('simple', translate(left(message.body, 20000), "
    f"'{_PARTED}', repeat(' ', {len(PUNCTUATION)})))"
)
# A contact with several addresses has the others in `also`: few do, so that index is small.
ALSO_SQL = "lower(contact.also)"
CONTACT_SQL = "lower(substr(contact.name, 1, 255) || ' ' || contact.key)"
