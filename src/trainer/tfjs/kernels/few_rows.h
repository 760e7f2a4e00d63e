// Dot products of a few rows with the rows of a matrix, in vectors of ADEPT_LANES floats by instructions that ADEPT_TARGET
// allows. Included once for each set of instructions, into ADEPT_NAMESPACE.

namespace ADEPT_NAMESPACE {

typedef float Vector __attribute__((vector_size(4 * ADEPT_LANES)));
typedef uint32_t Words __attribute__((vector_size(4 * ADEPT_LANES)));
typedef uint16_t Bfloat16s __attribute__((vector_size(2 * ADEPT_LANES)));

ADEPT_TARGET inline Vector load_vector(const float* from) {
  Vector values;
  __builtin_memcpy(&values, from, sizeof values);
  return values;
}

/** bfloat16 is the upper half of a float32. */
ADEPT_TARGET inline Vector load_vector(const uint16_t* from) {
  Bfloat16s packed;
  __builtin_memcpy(&packed, from, sizeof packed);
  return (Vector)(__builtin_convertvector(packed, Words) << 16);
}

/** The first `count` values; the rest are 0. */
template <typename Value>
ADEPT_TARGET inline Vector load_vector_part(const Value* from, int64_t count) {
  Value values[ADEPT_LANES] = {};
  __builtin_memcpy(values, from, count * sizeof(Value));
  return load_vector(values);
}

/** The sum of all lanes: halves are added until one is left. */
ADEPT_TARGET inline float total_of(Vector values) {
  float lanes[ADEPT_LANES];
  __builtin_memcpy(lanes, &values, sizeof lanes);
  for (int half = ADEPT_LANES / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

/**
 * output[m·out + r] = input row m · weight row r, for M input rows and R weight rows of `depth` values. `kFetch`: asks for
 * the weight rows after these, which a processor's own prefetching finds too late.
 */
template <int R, int M, bool kFetch, typename Weight>
ADEPT_TARGET inline void dot_rows(const float* input, const Weight* weight, int64_t depth, float* output, int64_t out) {
  Vector sums[R][M] = {};
  const auto add = [&](int64_t k, auto load_weight, auto load_input) ADEPT_TARGET {
    Vector w[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      w[r] = load_weight(weight + r * depth + k);
      if (kFetch) __builtin_prefetch(weight + (r + R) * depth + k);
    }
#pragma GCC unroll 8
    for (int m = 0; m < M; m++) {
      const Vector x = load_input(input + m * depth + k);
#pragma GCC unroll 8
      for (int r = 0; r < R; r++) sums[r][m] += w[r] * x;
    }
  };
  int64_t k = 0;
  const auto whole = [](auto* from) ADEPT_TARGET { return load_vector(from); };
  for (; k + ADEPT_LANES <= depth; k += ADEPT_LANES) add(k, whole, whole);
  if (k < depth) {
    const auto part = [&](auto* from) ADEPT_TARGET { return load_vector_part(from, depth - k); };
    add(k, part, part);
  }
  for (int m = 0; m < M; m++) {
    for (int r = 0; r < R; r++) {
      output[m * out + r] = total_of(sums[r][m]);
    }
  }
}

/** M input rows from `row` on, with weight rows [begin, end). */
template <int R, int M, bool kFetch, typename Weight>
ADEPT_TARGET void dot_block(const Product<Weight>& product, int64_t row, int64_t begin, int64_t end) {
  const float* input = product.input + row * product.depth;
  float* output = product.output + row * product.out;
  int64_t o = begin;
  for (; o + R <= end; o += R) {
    dot_rows<R, M, kFetch>(input, product.weight + o * product.depth, product.depth, output + o, product.out);
  }
  for (; o < end; o++) {
    dot_rows<1, M, kFetch>(input, product.weight + o * product.depth, product.depth, output + o, product.out);
  }
}

/** values[r · kColumnDepth + k] = weight[r · depth + k] as float32, for R rows and `count` values of each. */
template <int R>
ADEPT_TARGET inline void upcast_rows(const uint16_t* weight, int64_t depth, int64_t count, float* values) {
  for (int r = 0; r < R; r++) {
    const uint16_t* from = weight + r * depth;
    float* to = values + r * kColumnDepth;
    int64_t k = 0;
    for (; k < count; k += ADEPT_LANES) {
      const Vector some = k + ADEPT_LANES <= count ? load_vector(from + k) : load_vector_part(from + k, count - k);
      __builtin_memcpy(to + k, &some, sizeof some);
    }
  }
}

/** sums[r] += Σₖ weight[r · stride + k] · columns[k]: each lane is an input row, so that nothing is summed over lanes. */
template <int R>
ADEPT_TARGET inline void add_columns(Vector (&sums)[R], const float* columns, const float* weight, int64_t stride,
                                     int64_t count) {
  for (int64_t k = 0; k < count; k++) {
    const Vector x = load_vector(columns + k * ADEPT_LANES);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) sums[r] += weight[r * stride + k] * x;
  }
}

/** Input rows [row, row + count), which `columns` has, with R weight rows from `o` on. */
template <int R, typename Weight>
ADEPT_TARGET inline void column_rows(const Product<Weight>& product, const float* columns, int64_t row, int64_t count,
                                     int64_t o) {
  const int64_t depth = product.depth;
  alignas(64) float upcast[R * kColumnDepth];
  Vector sums[R] = {};
  for (int64_t k = 0; k < depth; k += kColumnDepth) {
    const int64_t some = depth - k < kColumnDepth ? depth - k : kColumnDepth;
    const Weight* from = product.weight + o * depth + k;
    if constexpr (sizeof(Weight) == sizeof(float)) {
      add_columns<R>(sums, columns + k * ADEPT_LANES, from, depth, some);
    } else {
      upcast_rows<R>(from, depth, some, upcast);
      add_columns<R>(sums, columns + k * ADEPT_LANES, upcast, kColumnDepth, some);
    }
  }
  for (int64_t m = 0; m < count; m++) {
    for (int r = 0; r < R; r++) product.output[(row + m) * product.out + o + r] = sums[r][m];
  }
}

/** The input rows that are there as columns, with weight rows [begin, end). @returns how many they are */
template <typename Weight>
ADEPT_TARGET int64_t column_blocks(const Product<Weight>& product, int64_t begin, int64_t end) {
  const float* columns = product.columns;
  for (int64_t row = 0; row < product.in_columns; row += ADEPT_LANES) {
    const int64_t left = product.in_columns - row, count = left < ADEPT_LANES ? left : ADEPT_LANES;
    int64_t o = begin;
    for (; o + kItemRows <= end; o += kItemRows) column_rows<kItemRows>(product, columns, row, count, o);
    for (; o < end; o++) column_rows<1>(product, columns, row, count, o);
    columns += ADEPT_LANES * product.depth;
  }
  return product.in_columns;
}

/** Every input row with weight rows [begin, end), which the first pass brings into the cache. */
template <typename Weight>
ADEPT_TARGET void dot_all(const Product<Weight>& product, int64_t begin, int64_t end) {
  int64_t row = column_blocks(product, begin, end);
  const auto rows = [&](auto block, auto next_block, int64_t count) ADEPT_TARGET {
    for (; row + count <= product.rows; row += count) (row == 0 ? block : next_block)(product, row, begin, end);
  };
  // As many sums as there are registers beside what they are made of: 32 of sixteen lanes, 16 of eight.
  constexpr int kWeightRows = ADEPT_LANES == 16 ? 6 : 3;
  rows(dot_block<kWeightRows, 4, true, Weight>, dot_block<kWeightRows, 4, false, Weight>, 4);
  rows(dot_block<4, 2, true, Weight>, dot_block<4, 2, false, Weight>, 2);
  rows(dot_block<4, 1, true, Weight>, dot_block<4, 1, false, Weight>, 1);
}

}  // namespace ADEPT_NAMESPACE
