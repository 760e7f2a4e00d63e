// A whole decoder layer for new tokens of some sequences, of models whose layers are: norm, attention, residual, norm, SwiGLU,
// residual, without biases. Between its products nothing is worth an operation of its own.
#include <vector>

#include "cached_attention.h"
#include "kernel.h"
#include "norm_rows.h"
#include "parallel.h"
#include "projection.h"

namespace adept {
namespace {

enum Input {
  kHidden,
  kAttentionNorm,
  kQuery,
  kKey,
  kValue,
  kOutput,
  kMlpNorm,
  kGate,
  kUp,
  kDown,
  kQueryCosines,
  kQuerySines,
  kKeyCosines,
  kKeySines,
  kKeptKeys,
  kKeptValues,
  kSequences,
  kPositions
};

class Layer {
 public:
  Layer(const Attributes& attributes, Call& call)
      : attributes_(attributes),
        call_(call),
        bfloat16_(TF_TensorType(call.tensor(kQuery)) == TF_INT32),
        rows_(call.rows(kHidden)),
        width_(call.width(kHidden)),
        mlp_(call.rows(kGate)),
        in_(sizes_of(attributes, call, rows_, kKeptKeys)) {}

  /** Checks what would otherwise be read or written outside of the tensors. */
  bool fits() {
    const int64_t queries = in_.heads * in_.size, keys = in_.kv_heads * in_.size;
    const int64_t kept = in_.batch * in_.kv_heads * in_.capacity * in_.size;
    if (in_.kv_heads < 1 || in_.heads % in_.kv_heads != 0 || in_.size % 2 != 0) {
      call_.fail(std::to_string(in_.heads) + " heads of " + std::to_string(in_.size) + " and " +
                 std::to_string(in_.kv_heads) + " KV heads do not fit together");
      return false;
    }
    if (!call_.expect(kAttentionNorm, width_, "attention norm") || !call_.expect(kMlpNorm, width_, "MLP norm") ||
        !matrix(kQuery, queries, width_, "q_proj") || !matrix(kKey, keys, width_, "k_proj") ||
        !matrix(kValue, keys, width_, "v_proj") || !matrix(kOutput, width_, queries, "o_proj") ||
        !matrix(kGate, mlp_, width_, "gate_proj") || !matrix(kUp, mlp_, width_, "up_proj") ||
        !matrix(kDown, width_, mlp_, "down_proj") || !call_.expect(kKeptKeys, kept, "kept keys") ||
        !call_.expect(kKeptValues, kept, "kept values") || !call_.expect(kSequences, rows_, "sequences") ||
        !call_.expect(kPositions, rows_, "positions")) {
      return false;
    }
    for (int i = kQueryCosines; i <= kKeySines; i++) {
      if (!call_.expect(i, rows_ * in_.size, "rope table")) return false;
    }
    in_.sequences = call_.indices(kSequences);
    in_.positions = call_.indices(kPositions);
    return places_fit(call_, in_);
  }

  void run(float* output) {
    const int64_t queries = in_.heads * in_.size, keys = in_.kv_heads * in_.size;
    static std::vector<float> memory;
    memory.resize(rows_ * (2 * width_ + 2 * queries + 2 * keys + 2 * mlp_));
    float* normed = memory.data();
    float* delta = normed + rows_ * width_;
    float* q = delta + rows_ * width_;
    float* attended = q + rows_ * queries;
    float* k = attended + rows_ * queries;
    float* v = k + rows_ * keys;
    float* gate = v + rows_ * keys;
    float* up = gate + rows_ * mlp_;
    const float* hidden = call_.input(kHidden);

    norm(hidden, kAttentionNorm, normed);
    project({projection(normed, kQuery, q, width_, queries), projection(normed, kKey, k, width_, keys),
             projection(normed, kValue, v, width_, keys)});
    attention(q, k, v, attended);
    project({projection(attended, kOutput, delta, queries, width_)});
    add(hidden, delta, output);
    norm(output, kMlpNorm, normed);
    project({projection(normed, kGate, gate, width_, mlp_), projection(normed, kUp, up, width_, mlp_)});
    swiglu(gate, up);
    project({projection(gate, kDown, delta, mlp_, width_)});
    add(output, delta, output);
  }

 private:
  bool matrix(Input index, int64_t out, int64_t in, const char* what) {
    if (call_.rows(index) == out) return call_.expect(index, bfloat16_ ? out * in / 2 : out * in, what);
    call_.fail(std::string(what) + " has " + std::to_string(call_.rows(index)) + " rows, not " + std::to_string(out));
    return false;
  }

  Projection projection(const float* input, Input weight, float* output, int64_t depth, int64_t out) {
    return {input, TF_TensorData(call_.tensor(weight)), bfloat16_, output, rows_, depth, out};
  }

  void norm(const float* x, Input weight, float* y) {
    for (int64_t row = 0; row < rows_; row++) {
      const float* from = x + row * width_;
      scale_row(from, call_.input(weight), inverse_rms(from, width_, attributes_.epsilon), width_, y + row * width_);
    }
  }

  void attention(const float* q, const float* k, const float* v, float* attended) {
    in_.queries = q;
    in_.keys = k;
    in_.values = v;
    in_.query_cosines = call_.input(kQueryCosines);
    in_.query_sines = call_.input(kQuerySines);
    in_.key_cosines = call_.input(kKeyCosines);
    in_.key_sines = call_.input(kKeySines);
    in_.kept_keys = call_.input(kKeptKeys);
    in_.kept_values = call_.input(kKeptValues);
    in_.attended = attended;
    attend(in_);
  }

  /** sum = a + b; `sum` may be `a`. */
  void add(const float* a, const float* b, float* sum) const {
    for (int64_t i = 0; i < rows_ * width_; i++) sum[i] = a[i] + b[i];
  }

  /** gate becomes silu(gate)∘up. */
  void swiglu(float* gate, const float* up) const {
    by_lanes(
        rows_ * mlp_, [&](int64_t i) { store(gate + i, load(gate + i) * sigmoid(load(gate + i)) * load(up + i)); },
        [&](int64_t i, int64_t rest) {
          const Floats g = load_part(gate + i, rest);
          store_part(gate + i, g * sigmoid(g) * load_part(up + i, rest), rest);
        });
  }

  const Attributes& attributes_;
  Call& call_;
  const bool bfloat16_;
  const int64_t rows_, width_, mlp_;
  Cached in_;
};

/**
 * hidden [n, D], norms [D], projections [out, in] (two columns in bfloat16 are one number of int32), rope tables
 * [n, 1, headDim], kept keys (rotated) and values [B·K, capacity, headDim], written in place, sequences and positions [n] →
 * [n, D].
 */
void decoder_layer(const Attributes& attributes, Call& call) {
  Layer layer(attributes, call);
  if (!layer.fits()) return;
  float* output = call.output_like(0, kHidden);
  if (output != nullptr) layer.run(output);
}

}  // namespace

std::string define_decoder_layer() {
  return define<decoder_layer>(
      "AdeptDecoderLayer",
      {"hidden: float", "attention_norm: float", "q: T", "k: T", "v: T", "o: T", "mlp_norm: float", "gate: T", "up: T",
       "down: T", "query_cosines: float", "query_sines: float", "key_cosines: float", "key_sines: float",
       "kept_keys: float", "kept_values: float", "sequences: int32", "positions: int32"},
      {"output: float"},
      {"T: {float, int32}", "epsilon: float", "heads: int", "kv_heads: int", "window: int", "cap: float"});
}

}  // namespace adept
