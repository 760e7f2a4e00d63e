// Attention of one new token of every row over the keys and values that are kept.
#pragma once
#include "kernel.h"

namespace adept {

/** Shapes as cached_attention.cc describes them for its operation. */
struct Cached {
  int64_t batch, heads, kv_heads, size, capacity, window;
  float cap;
  const float *queries, *keys, *values;
  const float *query_cosines, *query_sines, *key_cosines, *key_sines;
  float *kept_keys, *kept_values;
  const int32_t* positions;
  float* attended;

  int64_t first(int64_t row) const {
    const int64_t position = positions[row];
    return window > 0 && position >= window ? position - window + 1 : 0;
  }
};

/** Of an operation with a token in each of `batch` rows, whose input `kept_keys` is that: its sizes. */
Cached sizes_of(const Attributes& attributes, Call& call, int64_t batch, int kept_keys);
/** Writes the tokens' keys and values to those kept, and attends to all of them. */
void attend(const Cached& in);
/** Fails, and returns false, where a position has no room. */
bool positions_fit(Call& call, const Cached& in);

}  // namespace adept
