"""The statements that make rows in PostgreSQL, in their order."""

from proving.seeding.plan import FAILURES, STATES, WHATSAPP


def functions(seed: int) -> str:
    """`chance(n, salt)` from 0 to 1, and ids of version 7 for a moment; both only here."""
    return f"""
CREATE OR REPLACE FUNCTION pg_temp.chance(n bigint, salt integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (hashint8extended(n, {seed} * 1000 + salt) & 2147483647) / CAST(2147483648 AS float8)
$$;
CREATE OR REPLACE FUNCTION pg_temp.id_at(moment timestamptz, noise text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CAST(
    lpad(to_hex(CAST(extract(epoch FROM moment) * 1000 AS bigint)), 12, '0')
    || '7' || substr(noise, 1, 3) || 'a' || substr(noise, 4, 15) AS uuid)
$$;
""".replace(":", r"\:")  # noqa: S608 (a constant)


def _by_share(chance: str, shares: tuple[tuple[str, float], ...]) -> str:
    """The SQL that picks one of some words."""
    limit, cases = 0.0, []
    for word, share in shares[:-1]:
        limit += share
        cases.append(f"WHEN {chance} < {limit:.6f} THEN '{word}'")
    return f"CASE {' '.join(cases)} ELSE '{shares[-1][0]}' END"


def _one_of(chance: str, words: tuple[str, ...]) -> str:
    listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    return f"(ARRAY[{listed}])[1 + floor({chance} * {len(words)})]"


# The latest talk of each contact; most of them were lately.
_PEOPLE = f"""
CREATE TEMP TABLE person ON COMMIT DROP AS
SELECT n, md5('contact' || n) AS noise,
  2000000000 + n * 1299709 % 7999999993 AS number,
  pg_temp.chance(n, 1) < 0.02 AS is_numberless,
  pg_temp.chance(n, 2) < {WHATSAPP} OR pg_temp.chance(n, 1) < 0.02 AS is_whatsapp,
  CAST(:now AS timestamptz) - interval '400 days' * pg_temp.chance(n, 3) ^ 2 AS last_at,
  CAST(floor(pg_temp.chance(n, 4) * (SELECT count(*) FROM called)) AS bigint) AS name
FROM generate_series(1, CAST(:people AS bigint)) n
"""  # noqa: S608 (constants)
_TALKS = f"""
CREATE TEMP TABLE talk ON COMMIT DROP AS
WITH placed AS (
  SELECT n, n > :people AS is_earlier,
    CASE WHEN n > :people THEN 1 + CAST(floor(pg_temp.chance(n, 5) * :people) AS bigint) ELSE n END
      AS person,
    0.3 - 0.7 * ln(1 - pg_temp.chance(n, 6)) AS weight
  FROM generate_series(1, CAST(:conversations AS bigint)) n
), sized AS (
  SELECT *, CAST(floor(:messages * (sum(weight) OVER (ORDER BY n) / sum(weight) OVER ())) AS bigint)
    AS up_to
  FROM placed
)
SELECT s.n, s.person, s.is_earlier OR pg_temp.chance(s.n, 7) < 0.1 AS is_closed,
  CAST(s.up_to - coalesce(lag(s.up_to) OVER (ORDER BY s.n), 0) AS integer) AS messages,
  p.is_whatsapp,
  moment.last_at,
  moment.last_at - interval '10 minutes' - interval '2 days' * pg_temp.chance(s.n, 8) ^ 3
    AS opened_at,
  pg_temp.id_at(p.last_at - interval '120 days', p.noise) AS contact_id,
  pg_temp.id_at(moment.last_at - interval '3 days', md5('talk' || s.n)) AS id,
  {_by_share("pg_temp.chance(s.n, 9)", STATES)} AS state
FROM sized s JOIN person p ON p.n = s.person, LATERAL (
  SELECT p.last_at - CASE WHEN s.is_earlier THEN interval '1 day' + interval '90 days'
    * pg_temp.chance(s.n, 10) ELSE interval '0' END AS last_at
) moment
"""  # noqa: S608 (constants)
_CONTACTS = """
INSERT INTO contact (id, key, phone, name, attributes, opt_outs, is_blocked, created_at,
  last_seen_at)
SELECT pg_temp.id_at(p.last_at - interval '120 days', p.noise),
  CASE WHEN p.is_numberless THEN 'whatsapp\\:US.' ELSE '+1' END || p.number,
  CASE WHEN NOT p.is_numberless THEN '+1' || p.number END,
  c.words,
  CAST(CASE WHEN pg_temp.chance(p.n, 11) < 0.1 THEN '{"customer"\\: ' || p.number || '}'
    ELSE '{}' END AS json),
  CASE WHEN pg_temp.chance(p.n, 12) < 0.01
    THEN json_build_object('sms ' || :our_number, p.last_at) ELSE CAST('{}' AS json) END,
  pg_temp.chance(p.n, 13) < 0.001, p.last_at - interval '120 days', p.last_at
FROM person p JOIN called c ON c.n = p.name
"""
_CONVERSATIONS = """
INSERT INTO conversation (id, contact_id, channel, our_number, state, state_seq, data, choices,
  version, holder, held_by, held_until, opened_at, last_message_at, last_inbound_at, read_at,
  closed_at)
SELECT id, contact_id, CASE WHEN is_whatsapp THEN 'whatsapp' ELSE 'sms' END, :our_number, state, 1,
  CAST(CASE WHEN state = 'collect_info' THEN '{"step"\\: 2}' ELSE '{}' END AS json),
  CAST('[]' AS json), 1, CASE WHEN is_held THEN 'operator' ELSE 'bot' END,
  CASE WHEN is_held THEN (CAST(:operators AS text[]))[1 + n % 3] ELSE '' END,
  CASE WHEN is_held AND n % 2 = 0 THEN CAST(:now AS timestamptz) + interval '30 days' END,
  opened_at, last_at, heard_at,
  CASE WHEN pg_temp.chance(n, 14) < 0.9 THEN last_at END, CASE WHEN is_closed THEN last_at END
FROM (
  SELECT *, NOT is_closed AND pg_temp.chance(n, 15) < 0.01 AS is_held,
    CASE WHEN messages = 1 OR messages % 2 = 1 THEN last_at WHEN messages > 1
      THEN opened_at + (last_at - opened_at) * ((messages - 2) / CAST(messages - 1 AS float8)) END
      AS heard_at
  FROM talk
) t
"""
_STATUS = (
    "CASE WHEN chance < 0.003 THEN 'failed' WHEN chance < 0.005 THEN 'undelivered' "
    "WHEN chance < 0.006 THEN 'canceled' WHEN chance < 0.05 THEN 'sent' "
    "WHEN chance < 0.4 AND is_whatsapp THEN 'read' ELSE 'delivered' END"
)
# In the order of time, as they would have come; the contact and the bot take turns.
_MESSAGES = f"""
INSERT INTO message (id, public_id, contact_id, conversation_id, direction, channel, our_number,
  kind, body, content, media, author, status, provider, provider_id, error_code, error, segments,
  attempts, looks, resends, attempted_at, settled_at, failed_at, status_times, created_at)
SELECT m.id, pg_temp.id_at(m.at, m.noise), m.contact_id, m.conversation_id,
  CASE WHEN m.is_out THEN 'outbound' ELSE 'inbound' END,
  CASE WHEN m.is_whatsapp THEN 'whatsapp' ELSE 'sms' END, :our_number, 'text',
  a.words || coalesce(' ' || b.words, '')
    || CASE WHEN pg_temp.chance(m.id, 16) < 0.05 THEN ' order AB-' || 100000 + m.id ELSE '' END,
  CAST('{{}}' AS json), CAST('[]' AS json),
  CASE WHEN NOT m.is_out THEN 'contact' WHEN pg_temp.chance(m.id, 17) < 0.92 THEN 'bot'
    ELSE (CAST(:operators AS text[]))[1 + m.id % 3] END,
  m.status, 'simulator', 'SM' || m.noise,
  CASE WHEN m.is_bad THEN {_one_of("pg_temp.chance(m.id, 18)", tuple(c for c, _ in FAILURES))}
    ELSE '' END,
  CASE WHEN m.is_bad THEN {_one_of("pg_temp.chance(m.id, 18)", tuple(e for _, e in FAILURES))}
    ELSE '' END,
  CASE WHEN m.is_out THEN 1 END, CASE WHEN m.is_out THEN 1 ELSE 0 END, 0, 0,
  CASE WHEN m.is_out THEN m.at END, m.at,
  CASE WHEN m.is_bad AND m.at > CAST(:now AS timestamptz) - interval '60 days' THEN m.at END,
  CASE WHEN m.is_out THEN json_build_object(m.status, m.at) ELSE CAST('{{}}' AS json) END, m.at
FROM (
  SELECT *, CASE WHEN is_out THEN {_STATUS} ELSE 'received' END AS status,
    is_out AND chance < 0.005 AS is_bad
  FROM (
    SELECT s.id, s.at, s.k % 2 = 0 AS is_out, t.id AS conversation_id, t.contact_id, t.is_whatsapp,
      pg_temp.chance(s.id, 19) AS chance, md5('message' || s.id) AS noise
    FROM (
      SELECT row_number() OVER (ORDER BY at, n, k) AS id, n, k, at FROM (
        SELECT n, k, CASE WHEN messages = 1 THEN last_at ELSE opened_at + (last_at - opened_at)
          * ((k - 1) / CAST(messages - 1 AS float8)) END AS at
        FROM talk CROSS JOIN LATERAL generate_series(1, messages) k
      ) placed
    ) s JOIN talk t USING (n)
  ) known
) m
JOIN phrase a ON a.n = CAST(floor(pg_temp.chance(m.id, 20) * 20000) AS bigint)
LEFT JOIN phrase b ON b.n = CAST(floor(pg_temp.chance(m.id, 21) * 40000) AS bigint)
"""  # noqa: S608 (constants)
# Half of the talks went to the questions and back, the others only to where they are.
_STEPS = """
INSERT INTO transition (conversation_id, from_state, to_state, cause, via, actor, bot_version,
  data_before, data_after, reason, created_at)
SELECT t.id, s.from_state, s.to_state,
  CASE WHEN t.n % 20 = 0 AND s.step = 3 THEN 'operator' ELSE 'bot' END, '',
  CASE WHEN t.n % 20 = 0 AND s.step = 3 THEN (CAST(:operators AS text[]))[1 + t.n % 3]
    ELSE 'template' END,
  '', CAST('{}' AS json), CAST('{}' AS json),
  CASE WHEN t.n % 20 = 0 AND s.step = 3 THEN 'asked for a person' ELSE '' END,
  t.opened_at + (t.last_at - t.opened_at) * (s.step / CAST(4 AS float8))
FROM talk t, LATERAL (VALUES
  (1, 'unstructured', 'collect_info', t.n % 2 = 0),
  (2, 'collect_info', 'unstructured', t.n % 2 = 0),
  (3, 'unstructured', t.state, t.state <> 'unstructured')
) s(step, from_state, to_state, is_taken)
WHERE s.is_taken
ORDER BY t.opened_at, s.step
"""
_NEXT_IDS = """
SELECT setval(pg_get_serial_sequence('message', 'id'), max(id)) FROM message
"""
STEPS = (
    ("people", _PEOPLE),
    ("talks", _TALKS),
    ("statistics", "ANALYZE talk"),
    ("contacts", _CONTACTS),
    ("conversations", _CONVERSATIONS),
    ("messages", _MESSAGES),
    ("steps", _STEPS),
    ("sequences", _NEXT_IDS),
)
