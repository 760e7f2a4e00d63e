// Eight floats at a time, in the compilers' own vector types: AVX2 on x86-64, pairs of NEON registers on arm64.
#pragma once
#include <cstdint>
#include <cstring>

namespace adept {

typedef float Floats __attribute__((vector_size(32)));
typedef int32_t Ints __attribute__((vector_size(32)));
constexpr int64_t kLanes = 8;

inline Floats splat(float value) { return Floats{value, value, value, value, value, value, value, value}; }

inline Floats load(const float* from) {
  Floats values;
  __builtin_memcpy(&values, from, sizeof values);
  return values;
}

inline void store(float* to, Floats values) { __builtin_memcpy(to, &values, sizeof values); }

/** The first `count` < 8 floats; the rest are `fill`. */
inline Floats load_part(const float* from, int64_t count, float fill = 0.0f) {
  float values[kLanes];
  for (int64_t i = 0; i < kLanes; i++) values[i] = i < count ? from[i] : fill;
  return load(values);
}

inline void store_part(float* to, Floats values, int64_t count) {
  for (int64_t i = 0; i < count; i++) to[i] = values[i];
}

inline float total(Floats values) {
  return ((values[0] + values[4]) + (values[2] + values[6])) + ((values[1] + values[5]) + (values[3] + values[7]));
}

inline Floats maximum(Floats a, Floats b) { return a > b ? a : b; }

inline float largest(Floats values) {
  float most = values[0];
  for (int i = 1; i < kLanes; i++) most = values[i] > most ? values[i] : most;
  return most;
}

/**
 * e^x within 2 units in the last place for x in [-87.3, 88.3], clamped outside; NaN stays NaN. Splits x = n·ln 2 + r, as
 * Cephes' expf does, with its polynomial for e^r.
 */
inline Floats exponential(Floats x) {
  const Floats low = splat(-87.3f), high = splat(88.3f);
  x = x < low ? low : x;
  x = x > high ? high : x;
  // Adding 1.5·2^23 rounds to an integer and leaves it in the low bits.
  const float magic = 12582912.0f;
  const Floats shifted = x * 1.44269504088896341f + magic;
  const Floats n = shifted - magic;
  const Floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = (p * r) * r + r + 1.0f;
  const Ints exponent = ((Ints)shifted - 0x4b400000 + 127) << 23;
  return p * (Floats)exponent;
}

inline Floats sigmoid(Floats x) { return 1.0f / (1.0f + exponential(-x)); }

/** Calls `whole(i)` for i = 0, 8, … while eight floats are left, then `part(i, rest)` for what remains, if anything does. */
template <typename Whole, typename Part>
inline void by_lanes(int64_t size, const Whole& whole, const Part& part) {
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) whole(i);
  if (i < size) part(i, size - i);
}

}  // namespace adept
