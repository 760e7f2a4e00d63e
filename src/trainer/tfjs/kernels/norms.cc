// RMS norm (Zhang & Sennrich 2019): y = x/√(mean(x²)+ε)∘g, with the sums around it in residual streams.
#include <cmath>

#include "kernel.h"
#include "norm_rows.h"
#include "parallel.h"
#include "vectors.h"

namespace adept {
namespace {

constexpr int64_t kRows = 16;

/** x [n, D], weight [D] → y [n, D]. */
void rms_norm(const Attributes& attributes, Call& call) {
  const int64_t rows = call.rows(0), size = call.width(0);
  if (!call.expect(1, size, "weight")) return;
  const float* x = call.input(0);
  const float* weight = call.input(1);
  float* y = call.output_like(0, 0);
  if (y == nullptr) return;
  parallel_blocks(rows, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* from = x + row * size;
      scale_row(from, weight, inverse_rms(from, size, attributes.epsilon), size, y + row * size);
    }
  });
}

/** x, delta [n, D], weight [D] → sum = x + delta and its norm y, both [n, D]. */
void add_rms_norm(const Attributes& attributes, Call& call) {
  const int64_t rows = call.rows(0), size = call.width(0);
  if (!call.expect(1, rows * size, "delta") || !call.expect(2, size, "weight")) return;
  const float* x = call.input(0);
  const float* delta = call.input(1);
  const float* weight = call.input(2);
  float* sum = call.output_like(0, 0);
  float* y = call.output_like(1, 0);
  if (sum == nullptr || y == nullptr) return;
  parallel_blocks(rows, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t at = row * size;
      by_lanes(
          size, [&](int64_t i) { store(sum + at + i, load(x + at + i) + load(delta + at + i)); },
          [&](int64_t i, int64_t rest) {
            store_part(sum + at + i, load_part(x + at + i, rest) + load_part(delta + at + i, rest), rest);
          });
      scale_row(sum + at, weight, inverse_rms(sum + at, size, attributes.epsilon), size, y + at);
    }
  });
}

struct NormGradient {
  const float* x;
  const float* weight;
  const float* residual;
  const float* const* gradients;
  int count;
  int64_t size;
  float epsilon;

  template <typename Load>
  Floats gradient(int64_t at, const Load& load_from) const {
    Floats sum = load_from(gradients[0] + at);
    for (int i = 1; i < count; i++) sum += load_from(gradients[i] + at);
    return sum;
  }

  /** One row of dx, and its share of dg where `weight_gradient` is given. */
  void row(int64_t row, float* dx, float* weight_gradient) const {
    const int64_t at = row * size;
    const float inverse = inverse_rms(x + at, size, epsilon);
    Floats dots = splat(0);
    by_lanes(
        size, [&](int64_t i) { dots += gradient(at + i, load) * load(weight + i) * load(x + at + i); },
        [&](int64_t i, int64_t rest) {
          const auto part = [&](const float* from) { return load_part(from, rest); };
          dots += gradient(at + i, part) * part(weight + i) * part(x + at + i);
        });
    const float projection = total(dots) / static_cast<float>(size) * inverse * inverse * inverse;
    by_lanes(
        size, [&](int64_t i) { store(dx + at + i, element(at, i, inverse, projection, load)); },
        [&](int64_t i, int64_t rest) {
          const auto part = [&](const float* from) { return load_part(from, rest); };
          store_part(dx + at + i, element(at, i, inverse, projection, part), rest);
        });
    if (weight_gradient == nullptr) return;
    by_lanes(
        size,
        [&](int64_t i) {
          store(weight_gradient + i,
                load(weight_gradient + i) + gradient(at + i, load) * load(x + at + i) * inverse);
        },
        [&](int64_t i, int64_t rest) {
          const auto part = [&](const float* from) { return load_part(from, rest); };
          store_part(weight_gradient + i,
                     part(weight_gradient + i) + gradient(at + i, part) * part(x + at + i) * inverse, rest);
        });
  }

  template <typename Load>
  Floats element(int64_t at, int64_t i, float inverse, float projection, const Load& load_from) const {
    const Floats own = gradient(at + i, load_from) * load_from(weight + i) * inverse -
                       load_from(x + at + i) * projection;
    return residual == nullptr ? own : own + load_from(residual + at + i);
  }
};

/**
 * x [n, D], weight [D], residual [n, D] (or nothing, [0]), gradients… [n, D], which are summed → dx [n, D] with the
 * residual added, and dg [D] where `want`, else [0].
 */
void rms_norm_gradient(const Attributes& attributes, Call& call) {
  const int64_t rows = call.rows(0), size = call.width(0);
  if (!call.expect(1, size, "weight")) return;
  const bool adds = call.elements(2) != 0;
  if (adds && !call.expect(2, rows * size, "residual")) return;
  std::vector<const float*> gradients;
  for (int i = 3; i < call.inputs(); i++) {
    if (!call.expect(i, rows * size, "gradient")) return;
    gradients.push_back(call.input(i));
  }
  float* dx = call.output_like(0, 0);
  float* dg = call.output(1, {attributes.want != 0 ? size : 0});
  if (dx == nullptr || dg == nullptr) return;
  const NormGradient gradient{call.input(0),  call.input(1), adds ? call.input(2) : nullptr,
                              gradients.data(), static_cast<int>(gradients.size()), size, attributes.epsilon};
  const int64_t block = 64, blocks = (rows + block - 1) / block;
  std::vector<float> parts(attributes.want != 0 ? blocks * size : 0, 0.0f);
  parallel_blocks(rows, block, [&](int64_t begin, int64_t end) {
    float* part = parts.empty() ? nullptr : parts.data() + begin / block * size;
    for (int64_t row = begin; row < end; row++) gradient.row(row, dx, part);
  });
  if (parts.empty()) return;
  for (int64_t i = 0; i < size; i++) {
    double sum = 0;
    for (int64_t b = 0; b < blocks; b++) sum += parts[b * size + i];
    dg[i] = static_cast<float>(sum);
  }
}

/** a + b, of one shape: TensorFlow's own sum is several times slower than memory. */
void add(const Attributes&, Call& call) {
  const int64_t size = call.elements(0);
  if (!call.expect(1, size, "b")) return;
  const float* a = call.input(0);
  const float* b = call.input(1);
  float* sum = call.output_like(0, 0);
  if (sum == nullptr) return;
  parallel_blocks(size, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) sum[i] = a[i] + b[i];
  });
}

}  // namespace

std::string define_norms() {
  std::string problem = define<rms_norm>("AdeptRmsNorm", {"x: float", "weight: float"}, {"y: float"}, {"epsilon: float"});
  if (problem.empty()) {
    problem = define<add_rms_norm>("AdeptAddRmsNorm", {"x: float", "delta: float", "weight: float"},
                                   {"sum: float", "y: float"}, {"epsilon: float"});
  }
  if (problem.empty()) {
    problem = define<rms_norm_gradient>(
        "AdeptRmsNormGradient", {"x: float", "weight: float", "residual: float", "gradients: count * float"},
        {"input: float", "weight_gradient: float"}, {"epsilon: float", "want: int", "count: int >= 1"});
  }
  if (problem.empty()) problem = define<add>("AdeptAdd", {"a: float", "b: float"}, {"sum: float"});
  return problem;
}

}  // namespace adept
