// One row through an RMS norm (Zhang & Sennrich 2019).
#pragma once
#include <cmath>

#include "vectors.h"

namespace adept {

/** 1/√(mean(x²)+ε) */
inline float inverse_rms(const float* x, int64_t size, float epsilon) {
  Floats even = splat(0), odd = splat(0);
  int64_t i = 0;
  for (; i + 2 * kLanes <= size; i += 2 * kLanes) {
    const Floats a = load(x + i), b = load(x + i + kLanes);
    even += a * a;
    odd += b * b;
  }
  by_lanes(
      size - i, [&](int64_t j) { const Floats a = load(x + i + j); even += a * a; },
      [&](int64_t j, int64_t rest) { const Floats a = load_part(x + i + j, rest); odd += a * a; });
  return 1.0f / std::sqrt(total(even + odd) / static_cast<float>(size) + epsilon);
}

/** y = x·factor∘weight */
inline void scale_row(const float* x, const float* weight, float factor, int64_t size, float* y) {
  by_lanes(
      size, [&](int64_t i) { store(y + i, load(x + i) * factor * load(weight + i)); },
      [&](int64_t i, int64_t rest) {
        store_part(y + i, load_part(x + i, rest) * factor * load_part(weight + i, rest), rest);
      });
}

}  // namespace adept
