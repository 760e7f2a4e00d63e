"""The tensors of safetensors files: a checkpoint's folder, or one file of a run."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from .errors import InputError
from .units import Shape

# The names of a decoder that was saved without its head: names.json, which the trainer reads as well.
_NAMES = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
_BASE_PREFIX: str = _NAMES["basePrefix"]
_OF_BASE: tuple[str, ...] = tuple(_NAMES["ofBase"])
_EMBEDDING = "embed_tokens.weight"


class StoredTensors:
    """Names, shapes and values of what safetensors files hold; files are opened one at a time, when something is read."""

    def __init__(self, files: list[Path]) -> None:
        self._shapes: dict[str, Shape] = {}
        self._files: dict[str, Path] = {}
        # What the files call a tensor, where that is not how the causal language model calls it.
        self._own_names: dict[str, str] = {}
        for file in files:
            try:
                with safe_open(file, framework="pt") as opened:
                    for name in opened.keys():  # noqa: SIM118 (no mapping)
                        self._shapes[name] = tuple(opened.get_slice(name).get_shape())
                        self._files[name] = file
            except (OSError, SafetensorError) as error:
                raise InputError(f"{file} cannot be read as safetensors ({error}): copy or download it again.") from error

    @staticmethod
    def of_folder(folder: Path) -> "StoredTensors":
        """What a Hugging Face folder holds. Raises InputError where there are no safetensors."""
        index = folder / "model.safetensors.index.json"
        if index.is_file():
            try:
                names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
            except (ValueError, KeyError, AttributeError) as error:
                raise InputError(f"{index} has no weight_map of files: download the model again.") from error
        else:
            names = ["model.safetensors"]
        files = [folder / name for name in names]
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise InputError(f"{missing[0]} is missing: give a folder with a model's safetensors.")
        stored = StoredTensors(files)
        stored._name_as_causal()
        return stored

    def _name_as_causal(self) -> None:
        """AutoModel saves names without "model.", which transformers puts before them."""
        if f"{_BASE_PREFIX}{_EMBEDDING}" in self._shapes or _EMBEDDING not in self._shapes:
            return
        for name in [name for name in self._shapes if name.startswith(_OF_BASE)]:
            causal = f"{_BASE_PREFIX}{name}"
            self._own_names[causal] = name
            self._shapes[causal] = self._shapes.pop(name)
            self._files[causal] = self._files.pop(name)

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return self._shapes

    def require(self, name: str, shape: Shape) -> None:
        """Raises InputError unless there is a tensor of that name and shape."""
        found = self._shapes.get(name)
        if found != shape:
            what = "is missing" if found is None else f"has shape {list(found)}"
            files = ", ".join(sorted({str(file) for file in self._files.values()}))
            raise InputError(f'{files}: the tensor "{name}" {what}, the model calls for {list(shape)}.')

    def read(self, name: str) -> Tensor:
        """A tensor in float32, on the CPU."""
        with safe_open(self._files[name], framework="pt") as opened:
            value: Tensor = opened.get_tensor(self._own_names.get(name, name))
        return value.to(torch.float32)
