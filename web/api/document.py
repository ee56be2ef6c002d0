"""Completes the OpenAPI document with what the framework does not know."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pipeline.jsons import JsonObject

MEDIA_TYPE = "application/problem+json"
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ALWAYS: Mapping[str, str] = {
    "403": "The token's role doesn't allow it",
    "422": "A query parameter is unknown",
    "503": "The database is unreachable; try again after `Retry-After` seconds",
}
_WITH_A_BODY: Mapping[str, str] = {
    "400": "The body is not valid JSON",
    "413": "The body is larger than 64 KiB",
    "415": "The body is not of the type application/json",
}


_NOT_EMPTY = {
    "anyOf": [
        {"required": ["body"], "properties": {"body": {"pattern": r"\S"}}},
        {"required": ["media_urls"], "properties": {"media_urls": {"minItems": 1}}},
    ]
}
# The checks of shapes across members, in JSON Schema.
_RULES: Mapping[str, Mapping[str, Any]] = {
    "Change": {
        "anyOf": [{"required": ["state"]}, {"required": ["holder"]}],
        "if": {"required": ["minutes"]},
        "then": {"required": ["holder"], "properties": {"holder": {"const": "operator"}}},
    },
    "ContactChange": {
        "minProperties": 1,
        "dependentRequired": {
            "channel": ["number", "opted_out"],
            "number": ["channel", "opted_out"],
        },
    },
    "CannedReplyChange": {"minProperties": 1},
    "UserChange": {"minProperties": 1},
    "Reply": _NOT_EMPTY,
    "FirstMessage": _NOT_EMPTY,
}


def describe(document: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """Complete the document that the framework made."""
    if isinstance(document, str):
        return document
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _name(operation, method, path)
            _type_ids(operation)
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
            _add_errors(operation)
    for name, rules in _RULES.items():
        document["components"]["schemas"][name].update(rules)
    return document


def _name(operation: JsonObject, method: str, path: str) -> None:
    """Name the operation for generated clients."""
    words = path.split("/v1/")[-1].replace("{", "").replace("}", "").replace("-", "_")
    operation["operationId"] = f"{method}_{words.replace('/', '_')}"


def _type_ids(operation: JsonObject) -> None:
    for parameter in operation["parameters"]:
        if parameter["in"] == "path" and parameter["schema"]["type"] == "string":
            parameter["schema"]["format"] = "uuid"


def _add_errors(operation: JsonObject) -> None:
    responses = operation["responses"]
    added = {**_ALWAYS, **(_WITH_A_BODY if "requestBody" in operation else {})}
    for status, description in added.items():
        responses.setdefault(status, {"description": description})
    for status, response in responses.items():
        if status >= "400":
            response["content"] = _PROBLEM
        response.setdefault("description", HTTPStatus(int(status)).phrase)
