"""What sets model families apart for this executor: where their layers are, and what writes into the residual stream."""

import json
from dataclasses import dataclass
from pathlib import Path

# Where decoder layers are found, below the causal language model; the first that exists. Text parts of larger models last.
LAYER_PATHS = (
    "model.layers",
    "model.language_model.layers",
    "model.text_model.layers",
    "language_model.model.layers",
    "model.decoder.layers",
    "transformer.h",
    "gpt_neox.layers",
)
# The final norm, beside the layers.
NORM_NAMES = ("norm", "final_layernorm", "final_layer_norm", "ln_f")

# What writes into the residual stream by adding: outputs.json, which the trainer reads as well.
_OUTPUTS = json.loads(Path(__file__).with_name("outputs.json").read_text(encoding="utf-8"))
# Modules of a layer that write: at zero they write nothing.
OUTPUT_PROJECTIONS: tuple[str, ...] = tuple(_OUTPUTS["projections"])
# Biases of a router that its experts' load sets, without a gradient: buffers of most families, parameters of some.
BALANCING: tuple[str, ...] = tuple(_OUTPUTS["balancing"])


@dataclass(frozen=True)
class PostNorms:
    """Norms after a sublayer's output, which undo any scale of what comes before them. They multiply by `offset` + weight."""

    units: tuple[str, ...]
    offset: int


POST_NORMS = {family: PostNorms(tuple(norms["units"]), norms["offset"]) for family, norms in _OUTPUTS["postNorms"].items()}

# Experts that transformers keeps fused, [E, 2F, D] and [E, D, F]: how the checkpoint calls gate, up and down of one.
EXPERT_NAMES = (("gate_proj", "up_proj", "down_proj"), ("w1", "w3", "w2"))
# By family what a checkpoint and transformers keep as one, rows after rows: the units that a module is made of.
FUSED: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("fused.json").read_text(encoding="utf-8"))
# What transformers calls otherwise than the checkpoint.
RENAMED = (("mlp.", "block_sparse_moe."),)
