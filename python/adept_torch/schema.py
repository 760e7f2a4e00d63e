"""Parses JSON into frozen dataclasses, strictly: a field too many, too few or of another type is one clear sentence.

A dataclass's `snake_case` is the JSON's `camelCase`. A field with a default may be left out.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class SchemaError(ValueError):
    """The message says which field, what it should be and what it is."""


def parse(kind: type[T], value: object, where: str) -> T:
    """An instance of the dataclass `kind`; `where` names the value in messages. Raises SchemaError."""
    if not isinstance(value, Mapping):
        raise SchemaError(f"{where} should be an object, not {_shown(value)}.")
    fields: dict[str, tuple[str, Any, bool]] = _fields(typing.cast(Any, kind))
    for name in value:
        if name not in fields:
            raise SchemaError(f'{where} has no field "{name}".')
    parsed: dict[str, Any] = {}
    for name, (attribute, expected, required) in fields.items():
        if name in value:
            parsed[attribute] = _value(expected, value[name], f"{where}: {name}")
        elif required:
            raise SchemaError(f'{where} lacks the field "{name}".')
    return kind(**parsed)


@cache
def _fields(kind: Any) -> dict[str, tuple[str, Any, bool]]:
    """By JSON name: attribute, type, whether it is required."""
    hints = typing.get_type_hints(kind)
    return {
        camel(field.name): (field.name, hints[field.name], field.default is dataclasses.MISSING)
        for field in dataclasses.fields(kind)
    }


def camel(name: str) -> str:
    """camelCase of snake_case."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _value(expected: Any, value: object, where: str) -> object:
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin in (typing.Union, types.UnionType):
        return _one_of(arguments, value, where)
    if origin is typing.Literal:
        if value in arguments and not isinstance(value, bool):
            return value
        raise SchemaError(f"{where} should be {_either([json.dumps(a) for a in arguments])}, not {_shown(value)}.")
    if origin is tuple:
        return _sequence(arguments, value, where)
    if dataclasses.is_dataclass(expected) and isinstance(expected, type):
        return parse(expected, value, where)
    return _plain(expected, value, where)


def _one_of(kinds: tuple[Any, ...], value: object, where: str) -> object:
    """The only kind that the value looks like decides what is said of it."""
    likely = [kind for kind in kinds if _looks_like(kind, value)]
    if not likely:
        raise SchemaError(f"{where} should be {_either([_name(kind) for kind in kinds])}, not {_shown(value)}.")
    if value is None:
        return None
    return _value(likely[0], value, where)


def _looks_like(kind: Any, value: object) -> bool:
    origin = typing.get_origin(kind)
    if kind is type(None):
        return value is None
    if origin is typing.Literal:
        return isinstance(value, str)
    if origin is tuple:
        return isinstance(value, list)
    if dataclasses.is_dataclass(kind):
        return isinstance(value, Mapping)
    return isinstance(value, (int, float) if kind is float else kind)


def _sequence(arguments: tuple[Any, ...], value: object, where: str) -> object:
    if not isinstance(value, list):
        raise SchemaError(f"{where} should be a list, not {_shown(value)}.")
    if arguments[-1] is ...:
        return tuple(_value(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if len(value) != len(arguments):
        raise SchemaError(f"{where} should have {len(arguments)} items, not {len(value)}.")
    pairs = zip(arguments, value, strict=True)
    return tuple(_value(kind, item, f"{where}[{index}]") for index, (kind, item) in enumerate(pairs))


def _plain(expected: Any, value: object, where: str) -> object:
    allowed = (int, float) if expected is float else expected
    if not isinstance(value, allowed) or (isinstance(value, bool) and expected is not bool):
        raise SchemaError(f"{where} should be {_name(expected)}, not {_shown(value)}.")
    return float(value) if expected is float and isinstance(value, int) else value


def _name(kind: Any) -> str:
    if typing.get_origin(kind) is typing.Literal:
        return _either([json.dumps(value) for value in typing.get_args(kind)])
    if typing.get_origin(kind) is tuple:
        return "a list"
    plain = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", type(None): "null"}
    return plain.get(kind, "an object")


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
