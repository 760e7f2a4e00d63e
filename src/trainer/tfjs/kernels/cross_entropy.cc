// Softmax cross-entropy of each row, and its gradient in the logits' own memory.
#include <cmath>

#include "kernel.h"
#include "parallel.h"
#include "vectors.h"

namespace adept {
namespace {

struct Row {
  float most;
  float sum;
};

Row normalizer(const float* logits, int64_t size) {
  Floats most = splat(-INFINITY);
  by_lanes(
      size, [&](int64_t i) { most = maximum(most, load(logits + i)); },
      [&](int64_t i, int64_t rest) { most = maximum(most, load_part(logits + i, rest, -INFINITY)); });
  const float top = largest(most);
  Floats sum = splat(0), other = splat(0);
  int64_t i = 0;
  for (; i + 2 * kLanes <= size; i += 2 * kLanes) {
    sum += exponential(load(logits + i) - top);
    other += exponential(load(logits + i + kLanes) - top);
  }
  by_lanes(
      size - i, [&](int64_t j) { sum += exponential(load(logits + i + j) - top); },
      [&](int64_t j, int64_t rest) {
        const Floats e = exponential(load_part(logits + i + j, rest) - top);
        for (int64_t k = 0; k < rest; k++) other[k] += e[k];
      });
  return {top, total(sum + other)};
}

/** Rows of logits [n, V] and targets [n]; false after a failure. */
bool checked(Call& call, const int32_t* targets, int64_t rows, int64_t size) {
  for (int64_t row = 0; row < rows; row++) {
    if (targets[row] < 0 || targets[row] >= size) {
      call.fail("target " + std::to_string(targets[row]) + " lies outside of " + std::to_string(size) + " classes");
      return false;
    }
  }
  return true;
}

/** logits [n, V], targets [n] → losses [n], nats. */
void losses_only(const Attributes&, Call& call) {
  const int64_t rows = call.rows(0), size = call.width(0);
  if (!call.expect(1, rows, "targets")) return;
  const float* logits = call.input(0);
  const int32_t* targets = call.indices(1);
  float* losses = call.output(0, {rows});
  if (losses == nullptr || !checked(call, targets, rows, size)) return;
  parallel(rows, [&](int64_t row) {
    const float* own = logits + row * size;
    const Row of = normalizer(own, size);
    losses[row] = std::log(of.sum) + (of.most - own[targets[row]]);
  });
}

/** As above; the logits become scale·(softmax − one-hot). */
void losses_in_place(const Attributes&, Call& call) {
  const int64_t rows = call.rows(0), size = call.width(0);
  if (!call.expect(1, rows, "targets") || !call.expect(2, 1, "scale")) return;
  float* logits = call.input(0);
  const int32_t* targets = call.indices(1);
  const float scale = call.input(2)[0];
  float* losses = call.output(0, {rows});
  if (losses == nullptr || !checked(call, targets, rows, size)) return;
  parallel(rows, [&](int64_t row) {
    float* own = logits + row * size;
    const Row of = normalizer(own, size);
    losses[row] = std::log(of.sum) + (of.most - own[targets[row]]);
    const float factor = scale / of.sum;
    by_lanes(
        size, [&](int64_t i) { store(own + i, exponential(load(own + i) - of.most) * factor); },
        [&](int64_t i, int64_t rest) {
          store_part(own + i, exponential(load_part(own + i, rest) - of.most) * factor, rest);
        });
    own[targets[row]] -= scale;
  });
}

}  // namespace

std::string define_cross_entropy() {
  const std::string problem = define<losses_only>("AdeptCrossEntropy", {"logits: float", "targets: int32"}, {"losses: float"});
  return problem.empty() ? define<losses_in_place>("AdeptCrossEntropyInPlace",
                                                   {"logits: float", "targets: int32", "scale: float"}, {"losses: float"})
                         : problem;
}

}  // namespace adept
