"""Embedding and head in parts: each rank holds some rows of what lies outside the layers, and all of it while it computes.

FSDP2 gathers a module's parameters around its own forward pass. These are used otherwise: a tied matrix by two modules,
and the head once for each chunk of rows.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Shard

Part = Literal["embedding", "head"]
Owner = tuple[nn.Module, str]


class ShardedParameter:
    """A parameter cut along its first axis as torch.chunk does. What trains is float32, and gathered in `dtype`."""

    def __init__(
        self, parameter: nn.Parameter, owners: Sequence[Owner], mesh: DeviceMesh, dtype: torch.dtype, trains: bool
    ) -> None:
        self._mesh, self._dtype, self._owners = mesh, dtype, owners
        self._rows = -(-parameter.shape[0] // mesh.size())  # of every rank but the last ones
        begin = min(mesh.get_local_rank() * self._rows, parameter.shape[0])
        own = parameter.detach()[begin : begin + self._rows].clone().to(mesh.device_type)
        held = DTensor.from_local(
            own.float() if trains else own,
            mesh,
            [Shard(0)],
            run_check=False,
            shape=parameter.shape,
            stride=parameter.stride(),
        )
        self._own_rows = own.shape[0]
        self._parameter = nn.Parameter(held, requires_grad=False)
        self._depth = 0
        self._move(self._parameter)

    def _move(self, tensor: Tensor) -> None:
        # Not by assignment, which takes parameters only.
        for module, name in self._owners:
            module._parameters[name] = tensor  # type: ignore[assignment]

    @contextmanager
    def whole(self, leaf: bool) -> Iterator[None]:
        """All of it stands in the model. Every rank has to come here.

        Where gradients are wanted they go to each rank's rows: through the graph, or with `leaf`, for several backward
        passes within, once at the end.
        """
        if self._depth > 0:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        full = _Gather.apply(cast(DTensor, self._parameter).to_local(), self)  # type: ignore[no-untyped-call]
        used = full.detach().requires_grad_(full.requires_grad) if leaf else full
        self._depth = 1
        self._move(used)
        try:
            yield
        finally:
            self._depth = 0
            self._move(self._parameter)
        if leaf and full.requires_grad:
            # A rank without a position to predict comes as well.
            full.backward(torch.zeros_like(full) if used.grad is None else used.grad)

    def gather(self, own: Tensor) -> Tensor:
        """The whole, from every rank's rows."""
        padded = self._padded(own.detach().to(self._dtype), self._rows)
        found = padded.new_empty(self._rows * self._mesh.size(), *own.shape[1:])
        dist.all_gather_into_tensor(found, padded, group=self._mesh.get_group())
        return found[: self._parameter.shape[0]]

    def scatter(self, gradient: Tensor) -> Tensor:
        """This rank's rows of the sum over ranks, float32."""
        padded = self._padded(gradient.float(), self._rows * self._mesh.size())
        found = padded.new_empty(self._rows, *gradient.shape[1:])
        # A sum and not a mean: the loss is already divided by the number of all targets.
        dist.reduce_scatter_tensor(found, padded, group=self._mesh.get_group())
        return found[: self._own_rows]

    def _padded(self, values: Tensor, rows: int) -> Tensor:
        if values.shape[0] == rows:
            return values.contiguous()
        padded = values.new_zeros(rows, *values.shape[1:])
        padded[: values.shape[0]] = values
        return padded


class _Gather(torch.autograd.Function):
    """Gathers forwards, and adds up and scatters backwards."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, sharded: ShardedParameter) -> Tensor:
        ctx.sharded = sharded
        return sharded.gather(own)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.sharded.scatter(gradients[0]), None


class OuterShards:
    """The matrices of `embedding` and of `head` in parts; vectors stay whole. A tied one belongs to both."""

    def __init__(
        self, causal: nn.Module, parts: dict[Part, Sequence[nn.Parameter]], mesh: DeviceMesh, dtype: torch.dtype, trains: bool
    ) -> None:
        owners: dict[int, list[Owner]] = {}
        for module in causal.modules():
            for name, parameter in module.named_parameters(recurse=False, remove_duplicate=False):
                owners.setdefault(id(parameter), []).append((module, name))
        made: dict[int, ShardedParameter] = {}
        self._parts: dict[Part, list[ShardedParameter]] = {}
        for part, parameters in parts.items():
            matrices = {id(parameter): parameter for parameter in parameters if parameter.dim() > 1}
            for key, parameter in matrices.items():
                if key not in made:
                    made[key] = ShardedParameter(parameter, owners[key], mesh, dtype, trains)
            self._parts[part] = [made[key] for key in matrices]

    @contextmanager
    def whole(self, part: Part, leaf: bool = False) -> Iterator[None]:
        """Within, the part can compute: ShardedParameter.whole."""
        with ExitStack() as stack:
            for sharded in self._parts[part]:
                stack.enter_context(sharded.whole(leaf))
            yield
