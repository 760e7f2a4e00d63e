"""Frames of the wire: u32 little-endian length of the header, the header in JSON, then the bytes of its arrays."""

import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .errors import ProtocolError

HEADER_LIMIT = 2**20
FRAME_LIMIT = 2**30
DTYPES = {"int32": torch.int32, "float32": torch.float32, "float64": torch.float64}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}

Header = dict[str, object]


@dataclass(frozen=True)
class Frame:
    """A message. `arrays` are on the CPU and contiguous."""

    header: Header
    arrays: Mapping[str, Tensor] = field(default_factory=dict)


def encode(frame: Frame) -> bytes:
    """The bytes of a frame. Raises ProtocolError where it is longer than the protocol allows."""
    arrays = {name: tensor.detach().cpu().contiguous() for name, tensor in frame.arrays.items()}
    described = [{"name": name, "dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape)} for name, tensor in arrays.items()]
    header = json.dumps({**frame.header, "arrays": described}, allow_nan=False, ensure_ascii=False).encode()
    pieces = [struct.pack("<I", len(header)), header, *(_bytes_of(tensor) for tensor in arrays.values())]
    _check_sizes(len(header), sum(map(len, pieces)))
    return b"".join(pieces)


def _bytes_of(tensor: Tensor) -> bytes:
    return bytes(tensor.reshape(-1).view(torch.uint8).numpy()) if tensor.numel() else b""


def _check_sizes(header: int, frame: int) -> None:
    if header > HEADER_LIMIT:
        raise ProtocolError(f"A frame's header has {header} bytes; {HEADER_LIMIT} are allowed.")
    if frame > FRAME_LIMIT:
        raise ProtocolError(f"A frame has {frame} bytes; {FRAME_LIMIT} are allowed: use smaller batches.")


def decode(data: bytes | bytearray) -> Frame:
    """The reverse of `encode`."""
    view = memoryview(data)

    def take(count: int) -> bytearray:
        nonlocal view
        piece, view = bytearray(view[:count]), view[count:]
        return piece

    return read_frame(take)[0]


def read_frame(receive: Callable[[int], bytearray]) -> tuple[Frame, bytes]:
    """Reads one frame. `receive(n)` gives exactly n bytes. Returns the frame, and its bytes to pass on.

    Raises ProtocolError on what is too long or no JSON object with well-formed `arrays`.
    """
    prefix = receive(4)
    (length,) = struct.unpack("<I", prefix)
    _check_sizes(length, length)
    text = receive(length)
    header = _parse_header(bytes(text))
    described = [_parse_array(entry) for entry in _list_of(header.pop("arrays", None))]
    _check_sizes(length, 4 + length + sum(size for *_, size in described))
    arrays: dict[str, Tensor] = {}
    pieces = [prefix, text]
    for name, dtype, shape, size in described:
        if name in arrays:
            raise ProtocolError(f'A frame has the array "{name}" twice.')
        piece = receive(size)
        pieces.append(piece)
        arrays[name] = torch.frombuffer(piece, dtype=dtype).reshape(shape) if size else torch.empty(shape, dtype=dtype)
    return Frame(header, arrays), b"".join(pieces)


def _parse_header(text: bytes) -> Header:
    def refuse(constant: str) -> None:
        raise ProtocolError(f"A frame's header contains {constant}, which is not JSON.")

    try:
        header = json.loads(text.decode(), parse_constant=refuse)
    except ValueError as error:
        raise ProtocolError(f"A frame's header is not JSON: {error}.") from error
    if not isinstance(header, dict):
        raise ProtocolError("A frame's header is not a JSON object.")
    return header


def _list_of(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ProtocolError('A frame\'s header has no list "arrays".')
    return value


def _parse_array(entry: object) -> tuple[str, torch.dtype, list[int], int]:
    """Name, dtype, shape and number of bytes."""
    fields = entry if isinstance(entry, dict) else {}
    name, dtype, shape = fields.get("name"), fields.get("dtype"), fields.get("shape")
    good = isinstance(shape, list) and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in shape)
    if not isinstance(name, str) or not isinstance(dtype, str) or dtype not in DTYPES or not good or len(fields) != 3:
        raise ProtocolError(f"A frame describes an array as {json.dumps(entry)[:200]}, which is not the protocol's form.")
    sizes = [int(n) for n in shape] if isinstance(shape, list) else []
    return name, DTYPES[dtype], sizes, math.prod(sizes) * DTYPES[dtype].itemsize
