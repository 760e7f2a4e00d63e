// Attention of new tokens of some sequences over the keys and values that are kept.
#pragma once
#include "kernel.h"

namespace adept {

/** Shapes as cached_attention.cc describes them for its operation. */
struct Cached {
  /** Tokens, and sequences to which they belong. */
  int64_t tokens, batch;
  int64_t heads, kv_heads, size, capacity, window;
  float cap;
  const float *queries, *keys, *values;
  const float *query_cosines, *query_sines, *key_cosines, *key_sines;
  float *kept_keys, *kept_values;
  const int32_t *sequences, *positions;
  float* attended;

  int64_t first(int64_t token) const {
    const int64_t position = positions[token];
    return window > 0 && position >= window ? position - window + 1 : 0;
  }
};

/** Of an operation with so many tokens, whose input `kept_keys` is that: its sizes. */
Cached sizes_of(const Attributes& attributes, Call& call, int64_t tokens, int kept_keys);
/** Writes the tokens' keys and values to those kept, and attends to those of the sequence up to each token's position. */
void attend(const Cached& in);
/** Fails, and returns false, where a token has no room. */
bool places_fit(Call& call, const Cached& in);

}  // namespace adept
