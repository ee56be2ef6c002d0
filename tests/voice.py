"""Habits, names and exceptions that tests/test_voice.py checks, and the folders still to do."""

# What to look for, without regard to case, and what to write instead.
HABITS = {
    r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more than\b)\w+": "is not a …",
    r"\bnone that\b": "no … that",
    r"\bwhoever\b": "name the person or process that acts",
    r"(?:^|[.!:;] )Who (?![^.!]*\?)\w+": "name the person: contacts who …, admins …",
    r"\b(?:is|are|was|were|be|been|being|gets?) told\b": "say what it receives, shows or reports",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bby hand\b": "manually, or name the operator",
    r"\bbeside\b": "alongside, next to, in addition to",
    r"\bbears?\b": "handles, survives, has",
    r"\bstands?\b(?!-| in for| for\b)": "is, appears, is stored",
    r"\blies? (?:elsewhere|beside|in|at|below)\b": "is",
    r"\bdoorbells?\b|\bbells?\b": "wake-up, notifier",
    r"\b(?:rings?|rung|ringing)\b(?! buffer)": "wake-up, to wake",
    r"\bhears?\b(?!\()|\bhearing\b": "receives, handles",
    r"\brehears(?:e|es|al|als|ed)\b": "conversation test, Tester",
    r"\b(?:given|gives) up\b": "parked; on pages: Bot errors",
    r"\bbursts?\b": "debounce, messages in quick succession",
    r"\b(?:is|are|was|were|be|been|being) taken\b(?! over)": "is accepted, handled, processed",
    r"\bgo(?:es)? on\b": "continues",
    r"\bbegins\b": "starts",
    r"\b(?:gives?|gave|given) (?:it |them |this |that )?back\b": "hands back to the bot; returns",
    r"\b(?:at most|at least)\b[^.;|]*\bat (?:most|least)\b": "give one bound, or a range",
    r"\b(?:a|the|last|few) words? (?:to|from|of a contact)\b": "a message",
    r"\b(?:a|the|this|each|every) talk\b(?! files?\b)": "a conversation",
    r"\bof (?:ours|yours)\b": "our …, your …",
    r"\ball the same\b": "anyway",
    r"\bnobody knows\b": "the outcome is unknown",
    r"\breckon(?:s|ed)?\b": "calculates",
    r"\bthe door\b|\ba door\b|\bits door\b": "endpoint, webhook view",
    r"\bway in\b|\bways in\b": "entry action",
    r"\bon its own clock\b|\bof its own accord\b": "say it plainly",
    r"\binsight\b": "queries",
    r"\b(?:witness(?:es)?|breakages?)\b": "check, mutation",
    r"\bnothing of (?:it|this|that)\b": "none of this",
}
# Parts of a name, and what to name it instead.
NAMES = {
    "ring": "wake",
    "rings": "wake-ups",
    "rung": "woken",
    "bell": "notifier",
    "doorbell": "notifier",
    "mend": "fix",
    "mended": "fixed",
    "told": "a verb or a noun: describe, report",
    "shown": "a verb or a noun: render, view",
    "heard": "a verb or a noun: receive, inbound",
    "burst": "debounce",
    "bursts": "debounce",
    "rehearsal": "Tester",
    "queries": "queries",
    "wanted": "filter",
    "breakage": "mutation",
    "breakages": "mutations",
    "witness": "check",
    "witnesses": "checks",
    "harm": "fault",
    "whoever": "a noun",
    "ways": "reachability",
    "walks": "fuzz",
    "words": "content, body",
}
# Accepted texts: a part of the path, a part of the line, and the reason.
EXCEPTIONS: tuple[tuple[str, str, str], ...] = (
    ("benchmarks/figures.py", "`beside`", "a field that this docstring names"),
    ("CHANGELOG.md", "deprecated names", "names the old names"),
    ("pipeline/botkit/testing", "given back", "an older name of a step of scripts, still accepted"),
)
# Accepted names, each with the reason.
ACCEPTED_NAMES = {
    "0003_words_of_messages_and_contacts": "a released migration keeps its name",
}
# Folders and files that are not rewritten yet: this list only gets shorter.
PENDING: tuple[str, ...] = ()
