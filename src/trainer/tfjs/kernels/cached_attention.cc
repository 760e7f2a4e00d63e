// Attention of new tokens over the keys and values of their sequences, which are kept: the tokens' own keys, rotated, and values
// are written in their places first. Scores of a head are one pass, so nothing is rescaled.
#include <cmath>
#include <vector>

#include "cached_attention.h"
#include "kernel.h"
#include "parallel.h"
#include "vectors.h"

namespace adept {
namespace {

/** y = x∘cos + swap(x)∘sin. */
void rotate(const float* x, const float* cosines, const float* sines, int64_t size, float* y) {
  const int64_t half = size / 2;
  for (int64_t i = 0; i < half; i++) {
    const float low = x[i], high = x[i + half];
    y[i] = low * cosines[i] + high * sines[i];
    y[i + half] = high * cosines[i + half] + low * sines[i + half];
  }
}

void keep(const Cached& in, int64_t token) {
  for (int64_t kv = 0; kv < in.kv_heads; kv++) {
    const int64_t from = (token * in.kv_heads + kv) * in.size;
    const int64_t to = ((in.sequences[token] * in.kv_heads + kv) * in.capacity + in.positions[token]) * in.size;
    rotate(in.keys + from, in.key_cosines + token * in.size, in.key_sines + token * in.size, in.size, in.kept_keys + to);
    for (int64_t i = 0; i < in.size; i++) in.kept_values[to + i] = in.values[from + i];
  }
}

float dot(const float* a, const float* b, int64_t size) {
  Floats sum = splat(0);
  by_lanes(
      size, [&](int64_t i) { sum += load(a + i) * load(b + i); },
      [&](int64_t i, int64_t rest) { sum += load_part(a + i, rest) * load_part(b + i, rest); });
  return total(sum);
}

/** to += factor·from. */
void add_scaled(float factor, const float* from, int64_t size, float* to) {
  const Floats f = splat(factor);
  by_lanes(
      size, [&](int64_t i) { store(to + i, load(to + i) + f * load(from + i)); },
      [&](int64_t i, int64_t rest) { store_part(to + i, load_part(to + i, rest) + f * load_part(from + i, rest), rest); });
}

/** e^(s − largest) in place; their sum. */
float exponentiate(std::vector<float>& scores) {
  const int64_t count = static_cast<int64_t>(scores.size());
  float most = -INFINITY;
  for (const float score : scores) most = score > most ? score : most;
  Floats sum = splat(0);
  by_lanes(
      count,
      [&](int64_t i) {
        const Floats e = exponential(load(scores.data() + i) - most);
        store(scores.data() + i, e);
        sum += e;
      },
      [&](int64_t i, int64_t rest) {
        const Floats e = exponential(load_part(scores.data() + i, rest) - most);
        store_part(scores.data() + i, e, rest);
        for (int64_t k = 0; k < rest; k++) sum[k] += e[k];
      });
  return total(sum);
}

void attend_head(const Cached& in, int64_t token, int64_t head) {
  const int64_t kv = in.sequences[token] * in.kv_heads + head / (in.heads / in.kv_heads), size = in.size;
  const int64_t first = in.first(token), count = in.positions[token] + 1 - first;
  const float* keys = in.kept_keys + (kv * in.capacity + first) * size;
  const float* values = in.kept_values + (kv * in.capacity + first) * size;
  static thread_local std::vector<float> query, scores;
  query.resize(size);
  scores.resize(count);
  rotate(in.queries + (token * in.heads + head) * size, in.query_cosines + token * size, in.query_sines + token * size, size,
         query.data());
  for (int64_t t = 0; t < count; t++) {
    const float score = dot(query.data(), keys + t * size, size);
    scores[t] = in.cap > 0 ? in.cap * std::tanh(score / in.cap) : score;
  }
  const float inverse = 1.0f / exponentiate(scores);
  float* attended = in.attended + (token * in.heads + head) * size;
  for (int64_t i = 0; i < size; i++) attended[i] = 0;
  for (int64_t t = 0; t < count; t++) add_scaled(scores[t] * inverse, values + t * size, size, attended);
}

}  // namespace

Cached sizes_of(const Attributes& attributes, Call& call, int64_t tokens, int kept_keys) {
  Cached in{};
  in.tokens = tokens;
  in.heads = attributes.heads;
  in.kv_heads = attributes.kv_heads;
  in.window = attributes.window;
  in.cap = attributes.cap;
  in.size = call.width(kept_keys);
  in.capacity = call.dimension(kept_keys, 1);
  in.batch = in.kv_heads < 1 ? 0 : call.dimension(kept_keys, 0) / in.kv_heads;
  return in;
}

void attend(const Cached& in) {
  for (int64_t token = 0; token < in.tokens; token++) keep(in, token);
  parallel(in.tokens * in.heads, [&](int64_t item) { attend_head(in, item / in.heads, item % in.heads); });
}

bool places_fit(Call& call, const Cached& in) {
  for (int64_t token = 0; token < in.tokens; token++) {
    const int32_t sequence = in.sequences[token], position = in.positions[token];
    if (sequence < 0 || sequence >= in.batch) {
      call.fail("sequence " + std::to_string(sequence) + " is none of the " + std::to_string(in.batch) + " that are kept");
      return false;
    }
    if (position < 0 || position >= in.capacity) {
      call.fail("position " + std::to_string(position) + " lies outside of the " + std::to_string(in.capacity) +
                " that are kept");
      return false;
    }
  }
  return true;
}

namespace {

/** Checks shapes and positions: what is wrong here would be read or written outside of the tensors. */
bool fits(Call& call, const Cached& in) {
  const int64_t kept = in.batch * in.kv_heads * in.capacity * in.size;
  if (in.kv_heads < 1 || in.heads % in.kv_heads != 0 || in.size % 2 != 0 ||
      !call.expect(0, in.tokens * in.heads * in.size, "queries") ||
      !call.expect(1, in.tokens * in.kv_heads * in.size, "keys") ||
      !call.expect(2, in.tokens * in.kv_heads * in.size, "values") || !call.expect(7, kept, "kept keys") ||
      !call.expect(8, kept, "kept values") || !call.expect(10, in.tokens, "positions")) {
    return false;
  }
  for (int i = 3; i < 7; i++) {
    if (!call.expect(i, in.tokens * in.size, "rope table")) return false;
  }
  return places_fit(call, in);
}

/**
 * queries [n, H·headDim], keys and values [n, K·headDim] as projected, rope tables [n, 1, headDim], kept keys (rotated) and
 * values [B·K, capacity, headDim], written in place, sequences and positions [n] → attended [n, H·headDim]. `cap`: scores become
 * cap·tanh(score / cap); 0: as they are.
 */
void cached_attention(const Attributes& attributes, Call& call) {
  Cached in = sizes_of(attributes, call, call.elements(9), 7);
  in.sequences = call.indices(9);
  in.positions = call.indices(10);
  if (!fits(call, in)) return;
  const float** inputs[] = {&in.queries, &in.keys, &in.values, &in.query_cosines, &in.query_sines, &in.key_cosines,
                            &in.key_sines};
  for (int i = 0; i < 7; i++) *inputs[i] = call.input(i);
  in.kept_keys = call.input(7);
  in.kept_values = call.input(8);
  in.attended = call.output_like(0, 0);
  if (in.attended == nullptr) return;
  attend(in);
}

}  // namespace

std::string define_cached_attention() {
  return define<cached_attention>(
      "AdeptCachedAttention",
      {"queries: float", "keys: float", "values: float", "query_cosines: float", "query_sines: float",
       "key_cosines: float", "key_sines: float", "kept_keys: float", "kept_values: float", "sequences: int32",
       "positions: int32"},
      {"attended: float"}, {"heads: int", "kv_heads: int", "window: int", "cap: float"});
}

}  // namespace adept
