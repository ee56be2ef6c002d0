"""One reading of a function tells all that the analysis needs to know of it."""

from datetime import timedelta

from pipeline.botkit import Flow, Turn
from pipeline.botkit.analysis.report import read, uses

FINISH = "finish"
address = Flow("address", start="street")


def everything(turn: Turn) -> str | None:
    turn.remind(timedelta(days=1), "reminded")

    def inner() -> str:
        return "not mine"

    if turn.says("call"):
        return turn.call(address, then=FINISH)
    if turn.says("back"):
        return turn.back()
    if turn.says("done"):
        return turn.done(inner())
    return FINISH if turn.says("finish") else None


def ends_elsewhere(turn: Turn) -> None:
    ends(turn)


def ends(turn: Turn) -> None:
    turn.end()


def keeps_an_end(turn: Turn) -> None:
    end = turn.message.text
    turn.say(end)


def test_report_of_a_function() -> None:
    first = everything.__code__.co_firstlineno
    report = read(everything)
    assert report.returns == [("finish", first + 12)]
    assert report.calls == [("address", "finish", first + 7)]
    assert (report.backs, report.dones) == ([first + 9], [first + 11])
    assert report.reminders == [("reminded", first + 1)]
    assert not report.is_open


def test_methods_are_found_through_what_a_function_calls() -> None:
    assert uses("end", [ends_elsewhere])
    assert not uses("end", [keeps_an_end, None])


def test_unreadable_function_is_open() -> None:
    made: dict[str, object] = {}
    exec("def typed(turn): turn.end(); return 'nowhere'", made)  # noqa: S102 (typed at a prompt)
    assert read(made["typed"]).is_open
    assert read(made["typed"]).returns == []
    assert uses("end", [made["typed"]])
