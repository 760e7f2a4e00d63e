// The kernels' threads. Work is cut into items whose number depends on shapes alone, so that results do not depend on
// how many threads there are.
#pragma once
#include <cstdint>

namespace adept {

using Work = void (*)(const void* closure, int64_t item);

void set_threads(int count);
void run_items(int64_t items, Work work, const void* closure);

/** Calls `body(item)` for every item in [0, items), on all threads; returns when all are done. */
template <typename Body>
void parallel(int64_t items, const Body& body) {
  run_items(items, [](const void* closure, int64_t item) { (*static_cast<const Body*>(closure))(item); }, &body);
}

/** Calls `body(begin, end)` for blocks of at most `size` of [0, total). */
template <typename Body>
void parallel_blocks(int64_t total, int64_t size, const Body& body) {
  const int64_t blocks = (total + size - 1) / size;
  parallel(blocks, [&](int64_t block) {
    const int64_t begin = block * size;
    body(begin, begin + size < total ? begin + size : total);
  });
}

}  // namespace adept
