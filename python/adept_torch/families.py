"""What sets model families apart for this executor: where their layers are, and what writes into the residual stream."""

from dataclasses import dataclass

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

# Modules of a layer that write into the residual stream by adding: at zero they write nothing.
OUTPUT_PROJECTIONS = (
    "self_attn.o_proj",
    "linear_attn.out_proj",
    "mlp.down_proj",
    "mlp.experts.down_proj",
    "mlp.shared_expert.down_proj",
    "mlp.shared_experts.down_proj",
    "block_sparse_moe.experts.w2",
    "shared_mlp.output_linear",
)


@dataclass(frozen=True)
class PostNorms:
    """Norms after a sublayer's output, which undo any scale of what comes before them. They multiply by `offset` + weight."""

    units: tuple[str, ...]
    offset: int


_BOTH = ("post_attention_layernorm", "post_feedforward_layernorm")
POST_NORMS = {
    **{family: PostNorms(_BOTH, 1) for family in ("gemma2", "gemma3", "gemma3_text")},
    **{family: PostNorms(_BOTH, 0) for family in ("olmo2", "olmo3", "flex_olmo", "exaone4", "exaone_moe")},
    "glm4": PostNorms(("post_self_attn_layernorm", "post_mlp_layernorm"), 0),
}

# Experts that transformers keeps fused, [E, 2F, D] and [E, D, F]: how the checkpoint calls gate, up and down of one.
EXPERT_NAMES = (("gate_proj", "up_proj", "down_proj"), ("w1", "w3", "w2"))
# What transformers calls otherwise than the checkpoint.
RENAMED = (("mlp.", "block_sparse_moe."),)
