// AdamW (Loshchilov & Hutter 2019) in the order of torch.optim.AdamW, and sums over whole parameters.
#include <cmath>

#include "kernel.h"
#include "parallel.h"
#include "vectors.h"

namespace adept {
namespace {

constexpr int64_t kBlock = 16384;

/**
 * parameter, gradient, first, second: of one shape; numbers [9]: the gradient's factor, β₁, 1 − β₁, β₂, 1 − β₂, ε,
 * lr/(1 − β₁ᵗ), 1/√(1 − β₂ᵗ) and the parameter's factor 1 − lr·wd. Parameter and moments are written in place.
 */
void adamw(const Attributes&, Call& call) {
  const int64_t size = call.elements(0);
  if (!call.expect(1, size, "gradient") || !call.expect(2, size, "first moment") ||
      !call.expect(3, size, "second moment") || !call.expect(4, 9, "numbers")) {
    return;
  }
  float* parameter = call.input(0);
  const float* gradient = call.input(1);
  float* first = call.input(2);
  float* second = call.input(3);
  const float* n = call.input(4);
  float* done = call.output(0, {});
  if (done == nullptr) return;
  const float clip = n[0], beta1 = n[1], rest1 = n[2], beta2 = n[3], rest2 = n[4], epsilon = n[5], rate = n[6],
              correction = n[7], decay = n[8];
  parallel_blocks(size, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float g = gradient[i] * clip;
      const float m = first[i] * beta1 + g * rest1;
      const float v = second[i] * beta2 + g * g * rest2;
      first[i] = m;
      second[i] = v;
      parameter[i] = parameter[i] * decay - m / (std::sqrt(v) * correction + epsilon) * rate;
    }
  });
  done[0] = 0;
}

double block_dot(const float* a, const float* b, int64_t begin, int64_t end, bool absolute) {
  double sum = 0;
  // Short runs in float32, their sums in float64.
  for (int64_t at = begin; at < end; at += 512) {
    const int64_t stop = at + 512 < end ? at + 512 : end;
    Floats part = splat(0);
    by_lanes(
        stop - at,
        [&](int64_t i) {
          const Floats product = load(a + at + i) * load(b + at + i);
          part += absolute ? (product < 0.0f ? -product : product) : product;
        },
        [&](int64_t i, int64_t rest) {
          const Floats product = load_part(a + at + i, rest) * load_part(b + at + i, rest);
          part += absolute ? (product < 0.0f ? -product : product) : product;
        });
    sum += total(part);
  }
  return sum;
}

/** a, b of one shape → Σ a∘b, or Σ |a∘b| where `want`; summed in double precision. */
void dot(const Attributes& attributes, Call& call) {
  const int64_t size = call.elements(0);
  if (!call.expect(1, size, "b")) return;
  const float* a = call.input(0);
  const float* b = call.input(1);
  float* result = call.output(0, {});
  if (result == nullptr) return;
  std::vector<double> parts((size + kBlock - 1) / kBlock, 0.0);
  parallel_blocks(size, kBlock, [&](int64_t begin, int64_t end) {
    parts[begin / kBlock] = block_dot(a, b, begin, end, attributes.want != 0);
  });
  double sum = 0;
  for (const double part : parts) sum += part;
  result[0] = static_cast<float>(sum);
}

}  // namespace

std::string define_optimizer() {
  const std::string problem = define<adamw>(
      "AdeptAdamW", {"parameter: float", "gradient: float", "first: float", "second: float", "numbers: float"},
      {"done: float"});
  return problem.empty() ? define<dot>("AdeptDot", {"a: float", "b: float"}, {"result: float"}, {"want: int"}) : problem;
}

}  // namespace adept
