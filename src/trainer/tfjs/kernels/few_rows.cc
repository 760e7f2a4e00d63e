// y = x·Wᵀ for few rows x: what takes the time is reading W, once, in the type in which it is stored. A matrix product of
// the library is made for many rows, and would want W in float32.
#include "kernel.h"
#include "parallel.h"
#include "projection.h"
#include <vector>

namespace adept {
namespace {

/** input [rows, depth], weight [out, depth] → output [rows, out] */
template <typename Weight>
struct Product {
  const float* input;
  const Weight* weight;
  float* output;
  int64_t rows, depth, out;
  /** The first `in_columns` input rows once more, in blocks of sixteen [depth, 16]; what is missing of the last block is 0. */
  const float* columns;
  int64_t in_columns;
};

/** Lanes of a block of columns: of AVX-512. With AVX2 dot products are as fast. */
constexpr int64_t kColumnLanes = 16;
/** Rows for which a block pays. */
constexpr int64_t kFewestColumns = 10;
/** Values of weight rows that are made float32 at a time: they stay in the first cache. */
constexpr int64_t kColumnDepth = 256;

#define ADEPT_NAMESPACE eight_lanes
#define ADEPT_LANES 8
#define ADEPT_TARGET
#include "few_rows.h"
#undef ADEPT_NAMESPACE
#undef ADEPT_LANES
#undef ADEPT_TARGET

#define ADEPT_NAMESPACE sixteen_lanes
#define ADEPT_LANES 16
#define ADEPT_TARGET __attribute__((target("avx512f")))
#include "few_rows.h"
#undef ADEPT_NAMESPACE
#undef ADEPT_LANES
#undef ADEPT_TARGET

bool has_sixteen_lanes() {
  static const bool has = __builtin_cpu_supports("avx512f");
  return has;
}

/** The input rows of projections that are multiplied as columns. */
struct Columns {
  explicit Columns(const Projection& of) {
    const int64_t rest = of.rows % kColumnLanes;
    count = !has_sixteen_lanes() ? 0 : rest >= kFewestColumns ? of.rows : of.rows - rest;
    const int64_t blocks = (count + kColumnLanes - 1) / kColumnLanes;
    values.assign(blocks * kColumnLanes * of.depth, 0.0f);
    for (int64_t row = 0; row < count; row++) {
      float* block = values.data() + row / kColumnLanes * kColumnLanes * of.depth + row % kColumnLanes;
      for (int64_t k = 0; k < of.depth; k++) block[k * kColumnLanes] = of.input[row * of.depth + k];
    }
  }

  std::vector<float> values;
  int64_t count;
};

template <typename Weight>
void dot_all(const Projection& of, const Columns& columns, int64_t begin, int64_t end) {
  const Product<Weight> product{of.input, static_cast<const Weight*>(of.weight), of.output, of.rows, of.depth, of.out,
                                columns.values.data(), columns.count};
  if (has_sixteen_lanes()) {
    sixteen_lanes::dot_all(product, begin, end);
  } else {
    eight_lanes::dot_all(product, begin, end);
  }
}

void multiply_rows(Call& call, int64_t depth, bool bfloat16) {
  const int64_t rows = call.rows(0), out = call.rows(1);
  if (call.width(0) != depth) {
    call.fail("input has " + std::to_string(call.width(0)) + " columns, the weight " + std::to_string(depth));
    return;
  }
  const Projection of{call.input(0), TF_TensorData(call.tensor(1)), bfloat16, call.output(0, {rows, out}), rows, depth, out};
  if (of.output != nullptr) project({of});
}

/** input [n, in], weight [out, in] → [n, out]. */
void linear(const Attributes&, Call& call) { multiply_rows(call, call.width(1), false); }

/** As `linear`; two columns of the weight in bfloat16 are one number of `packed` [out, in / 2], as in memory. */
void linear_bfloat16(const Attributes&, Call& call) { multiply_rows(call, 2 * call.width(1), true); }

}  // namespace

void project(std::initializer_list<Projection> projections) {
  int64_t items = 0;
  for (const Projection& of : projections) items += of.items();
  const Columns columns(*projections.begin());
  parallel(items, [&](int64_t item) {
    const Projection* of = projections.begin();
    for (; item >= of->items(); of++) item -= of->items();
    const int64_t begin = item * of->item_rows(), end = begin + of->item_rows();
    const int64_t last = end < of->out ? end : of->out;
    if (of->bfloat16) {
      dot_all<uint16_t>(*of, columns, begin, last);
    } else {
      dot_all<float>(*of, columns, begin, last);
    }
  });
}

std::string define_few_rows() {
  const std::string problem =
      define<linear>("AdeptLinear", {"input: float", "weight: float"}, {"output: float"});
  return problem.empty() ? define<linear_bfloat16>("AdeptLinearBfloat16", {"input: float", "packed: int32"},
                                                   {"output: float"})
                         : problem;
}

}  // namespace adept
