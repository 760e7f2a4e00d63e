// y = x·Wᵀ for few rows x: what takes the time is reading W, once, in the type in which it is stored. A matrix product of
// the library is made for many rows, and would want W in float32.
#include "kernel.h"
#include "parallel.h"

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

/** Bytes of weight rows that are one item of work: they stay in a core's cache for all input rows. */
constexpr int64_t kItemBytes = 64 * 1024;

bool has_sixteen_lanes() {
  static const bool has = __builtin_cpu_supports("avx512f");
  return has;
}

template <typename Weight>
void multiply_rows(Call& call, int64_t depth) {
  const int64_t rows = call.rows(0), out = call.rows(1);
  if (call.width(0) != depth) {
    call.fail("input has " + std::to_string(call.width(0)) + " columns, the weight " + std::to_string(depth));
    return;
  }
  const Product<Weight> product{call.input(0), static_cast<const Weight*>(TF_TensorData(call.tensor(1))),
                                call.output(0, {rows, out}), rows, depth, out};
  if (product.output == nullptr) return;
  const int64_t bytes = depth * static_cast<int64_t>(sizeof(Weight));
  const int64_t item = bytes < kItemBytes ? kItemBytes / (bytes > 0 ? bytes : 1) / 4 * 4 + 4 : 4;
  parallel_blocks(out, item, [&](int64_t begin, int64_t end) {
    if (has_sixteen_lanes()) {
      sixteen_lanes::dot_all(product, begin, end);
    } else {
      eight_lanes::dot_all(product, begin, end);
    }
  });
}

/** input [n, in], weight [out, in] → [n, out]. */
void linear(const Attributes&, Call& call) { multiply_rows<float>(call, call.width(1)); }

/** As `linear`; two columns of the weight in bfloat16 are one number of `packed` [out, in / 2], as in memory. */
void linear_bfloat16(const Attributes&, Call& call) { multiply_rows<uint16_t>(call, 2 * call.width(1)); }

}  // namespace

std::string define_few_rows() {
  const std::string problem =
      define<linear>("AdeptLinear", {"input: float", "weight: float"}, {"output: float"});
  return problem.empty() ? define<linear_bfloat16>("AdeptLinearBfloat16", {"input: float", "packed: int32"},
                                                   {"output: float"})
                         : problem;
}

}  // namespace adept
