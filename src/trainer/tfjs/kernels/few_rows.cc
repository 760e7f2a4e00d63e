// y = x·Wᵀ for few rows x: what takes the time is reading W, once, in the type in which it is stored. A matrix product of
// the library is made for many rows, and would want W in float32.
#include "kernel.h"
#include "parallel.h"
#include "projection.h"

namespace adept {
namespace {

/** input [rows, depth], weight [out, depth] → output [rows, out] */
template <typename Weight>
struct Product {
  const float* input;
  const Weight* weight;
  float* output;
  int64_t rows, depth, out;
};

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

template <typename Weight>
void dot_all(const Projection& of, int64_t begin, int64_t end) {
  const Product<Weight> product{of.input, static_cast<const Weight*>(of.weight), of.output, of.rows, of.depth, of.out};
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
  parallel(items, [&](int64_t item) {
    const Projection* of = projections.begin();
    for (; item >= of->items(); of++) item -= of->items();
    const int64_t begin = item * of->item_rows(), end = begin + of->item_rows();
    const int64_t last = end < of->out ? end : of->out;
    if (of->bfloat16) {
      dot_all<uint16_t>(*of, begin, last);
    } else {
      dot_all<float>(*of, begin, last);
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
