"""Reads values in a syntax tree: what a return may give, and contents written out in the code.

Nothing of the bot runs: a content such as `Menu({"a": "Tea"})` is created of its literals here, so
that a title that is too long is found at start and not with the first message.
"""

import ast
from collections.abc import Iterator, Mapping

from pipeline.botkit.content.buttons import Buttons, Menu, Row
from pipeline.botkit.content.cards import Card, Carousel
from pipeline.botkit.content.files import Audio, Document, Image
from pipeline.botkit.content.links import Link, LocationRequest
from pipeline.botkit.content.templates import Template
from pipeline.errors import ParleyError

_CONTENTS = (
    Audio, Buttons, Card, Carousel, Document, Image, Link, LocationRequest, Menu, Row, Template,
)  # fmt: skip
_YES_OR_NO = frozenset({"says", "picked", "startswith", "endswith", "isdigit"})
_NEVER_A_NAME = (
    ast.Dict, ast.List, ast.Set, ast.Tuple, ast.DictComp, ast.ListComp, ast.SetComp,
    ast.GeneratorExp, ast.Lambda,
)  # fmt: skip


class _NotLiteral(Exception):
    """A value that only running the code tells."""


def wrong_returns(
    value: ast.expr | None, names: Mapping[str, object], may_be: tuple[bool, bool] = (True, True)
) -> Iterator[ast.expr]:
    """The parts of a returned expression that are certainly neither a text nor None.

    `names` are the globals; `may_be`: whether a true and a false value are returned from here.
    """
    if isinstance(value, ast.IfExp):
        yield from wrong_returns(value.body, names, may_be)
        yield from wrong_returns(value.orelse, names, may_be)
    elif isinstance(value, ast.BoolOp):
        is_and, (true, false) = isinstance(value.op, ast.And), may_be
        for part in value.values[:-1]:
            yield from wrong_returns(part, names, (true and not is_and, false and is_and))
        yield from wrong_returns(value.values[-1], names, may_be)
    elif value is not None and any(may_be) and _is_wrong(value, names):
        yield value


def _is_wrong(value: ast.expr, names: Mapping[str, object]) -> bool:
    if isinstance(value, ast.Constant):
        return not isinstance(value.value, str | None)
    if isinstance(value, ast.Name):
        found = names.get(value.id)
        return isinstance(found, bool | int | float | bytes | list | dict | set | tuple)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return value.func.attr in _YES_OR_NO
    is_not = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    return is_not or isinstance(value, (ast.Compare, *_NEVER_A_NAME))


def content_mistake(call: ast.Call, names: Mapping[str, object]) -> str:
    """What is wrong with a content whose arguments are all literals; "" for nothing."""
    try:
        _value(call, names)
    except _NotLiteral:
        return ""
    except (ParleyError, TypeError) as mistake:
        return str(mistake)
    return ""


def is_content(call: ast.Call, names: Mapping[str, object]) -> bool:
    """Whether this creates a content of the kit."""
    return _called(call, names) in _CONTENTS


def _called(call: ast.Call, names: Mapping[str, object]) -> object:
    if isinstance(call.func, ast.Name):
        return names.get(call.func.id)
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return getattr(names.get(call.func.value.id), call.func.attr, None)
    return None


def _value(node: ast.expr | None, names: Mapping[str, object]) -> object:
    """The value of a literal, in which contents and texts of the module may be."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {_key(key, names): _value(it, names) for key, it in pairs}
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(it, names) for it in node.elts]
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), str):
        return names[node.id]
    if isinstance(node, ast.Call):
        return _created(node, names)
    raise _NotLiteral


def _key(node: ast.expr | None, names: Mapping[str, object]) -> object:
    key = _value(node, names)
    if isinstance(key, list | dict):
        raise _NotLiteral
    return key


def _created(call: ast.Call, names: Mapping[str, object]) -> object:
    made = next((kind for kind in _CONTENTS if kind is _called(call, names)), None)
    if made is None or any(keyword.arg is None for keyword in call.keywords):
        raise _NotLiteral
    given = [_value(it, names) for it in call.args]
    return made(*given, **{str(it.arg): _value(it.value, names) for it in call.keywords})  # type: ignore[arg-type]  # a wrong one is what we look for
