"""What a family's classes in transformers read of config.json, from their source, and what they take for a key that is left out."""

import ast
import dataclasses
import inspect
from pathlib import Path
from typing import Any

from transformers import AutoConfig
from transformers.configuration_utils import PreTrainedConfig

# Heads and towers that a causal language model does not have.
_OTHER = ("Sequence", "Token", "Question", "Conditional", "MultiModal", "Vision", "Image", "Gemma3Model")


def config_keys(request: dict[str, Any]) -> dict[str, Any]:
    """By family: keys that its modelling code reads, and the defaults of its configuration class."""
    return {family: {"reads": sorted(_reads(family)), "defaults": _defaults(family)} for family in request["families"]}


def _class(family: str) -> type[PreTrainedConfig]:
    return type(AutoConfig.for_model(family))


def _reads(family: str) -> set[str]:
    configuration = inspect.getfile(_class(family))
    modelling = Path(configuration.replace("configuration_", "modeling_"))
    tree = ast.parse(modelling.read_text(encoding="utf-8"))
    parts = [node for node in tree.body if not (isinstance(node, ast.ClassDef) and any(word in node.name for word in _OTHER))]
    return {name for part in parts for node in ast.walk(part) if (name := _key_of(node)) and not name.startswith("__")}


def _key_of(node: ast.AST) -> str | None:
    """The key that config.key, self.config.key or getattr(config, "key") reads."""
    if isinstance(node, ast.Attribute) and _is_config(node.value):
        return node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr"):
        of, key = node.args[0], node.args[1]
        if _is_config(of) and isinstance(key, ast.Constant):
            return str(key.value)
    return None


def _is_config(node: ast.AST) -> bool:
    named = isinstance(node, ast.Name) and node.id == "config"
    return named or (isinstance(node, ast.Attribute) and node.attr == "config")


def _defaults(family: str) -> dict[str, Any]:
    """Of its own fields, as the class declares them; and of the rotation's base and what it fills in by itself."""
    kind = _class(family)
    own = {field.name: field.default for field in dataclasses.fields(kind) if field.name in kind.__annotations__}
    theta = getattr(kind, "default_theta", None)
    made = kind()
    filled = {"rope_parameters": made.rope_parameters} if "rope_parameters" in own else {}
    known = {key: value for key, value in own.items() if isinstance(value, (bool, int, float, str, type(None)))}
    return {**known, **filled, "default_theta": theta}

