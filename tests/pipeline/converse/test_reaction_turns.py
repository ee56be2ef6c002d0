"""`@bot.on_reaction`: a bot that asks for reactions gets them as turns."""

from sqlalchemy import update

from pipeline.botkit import Bot, Turn
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.transitions import Transition
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.pipeline.converse.test_reactions import LIKED, QUESTION, asking, log_of
from tests.stage import one_state


def a_rated_bot() -> Bot:
    bot = one_state(asking)
    bot.awaits("rated")(asking)

    @bot.on_reaction
    def rated(turn: Turn) -> str | None:
        turn.data["reaction"] = [turn.message.kind, turn.message.reaction, turn.message.reply_to]
        if turn.message.reaction == "👍":
            turn.say("Thanks!")
            return "rated"
        return None

    return bot


def test_a_bot_that_asks_for_reactions_gets_the_turn(stage: MakeStage) -> None:
    s = stage(a_rated_bot())
    s.hears("hi")
    s.plays()
    s.hears("Disliked “Is that right? 1. Yes 2. No, ask me again”")
    s.plays()
    (talk,) = s.conversations()
    (question,) = s.outbound()
    assert (talk.state, talk.data["reaction"]) == (
        "start",
        ["reaction", "👎", question.provider_id],
    )
    s.hears(LIKED)
    s.plays()
    assert s.replies == [QUESTION, "Thanks!"]
    assert s.conversations()[0].state == "rated"
    (step,) = rows(s.database, Transition)
    assert (step.via, step.from_state, step.to_state) == ("reaction", "start", "rated")


def test_a_reaction_that_is_taken_back_is_no_thumb_up(stage: MakeStage) -> None:
    s = stage(a_rated_bot())
    s.hears("hi")
    s.hears("Removed a like from “Is that right? 1. Yes 2. No, ask me again”")
    s.plays()
    assert s.replies == [QUESTION]
    assert s.conversations()[0].data["reaction"][:2] == ["reaction", ""]


def test_an_operator_who_answers_gets_it_instead(stage: MakeStage) -> None:
    s = stage(a_rated_bot())
    s.hears("hi")
    s.plays()
    with s.database.write() as connection:
        connection.execute(update(Conversation).values(holder="operator", held_by="ada"))
    s.hears(LIKED)
    s.plays()
    assert s.replies == [QUESTION]


def test_a_failed_reaction_turn_is_logged_once(stage: MakeStage) -> None:
    bot = one_state(asking)

    @bot.on_reaction
    def broken(turn: Turn) -> None:
        raise RuntimeError(turn.message.reaction)

    s = stage(bot)
    s.hears("hi")
    s.plays()
    s.hears(LIKED)
    for seconds in (0, 1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()
    assert [e.status for e in s.entries()] == ["handled", "parked"]
    assert [kind for _, kind, _ in log_of(s)] == ["text", "text", "reaction"]
