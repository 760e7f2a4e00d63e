// bfloat16 is the upper half of float32: upcasting it is exact.
#include "kernel.h"
#include "parallel.h"

namespace adept {
namespace {

constexpr int64_t kBlock = 32768;

/** packed [n, D/2], two bfloat16 values in each int32, the first in its lower half → [n, D]. */
void upcast(const Attributes&, Call& call) {
  const int64_t rows = call.rows(0), width = 2 * call.width(0);
  const auto* packed = reinterpret_cast<const uint16_t*>(call.indices(0));
  auto* values = reinterpret_cast<uint32_t*>(call.output(0, {rows, width}));
  if (values == nullptr) return;
  parallel_blocks(rows * width, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) values[i] = static_cast<uint32_t>(packed[i]) << 16;
  });
}

}  // namespace

std::string define_upcast() { return define<upcast>("AdeptUpcast", {"packed: int32"}, {"values: float"}); }

}  // namespace adept
