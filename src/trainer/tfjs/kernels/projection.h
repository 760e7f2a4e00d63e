// y = x·Wᵀ for few rows x.
#pragma once
#include <cstdint>
#include <initializer_list>

namespace adept {

/** Bytes of weight rows that are one item of work: they stay in a core's cache for all input rows. */
constexpr int64_t kItemBytes = 256 * 1024;
/** Of an item: blocks are of three, four or six. */
constexpr int64_t kItemRows = 12;

/** input [rows, depth], weight [out, depth] in float32 or bfloat16 → output [rows, out] */
struct Projection {
  const float* input;
  const void* weight;
  bool bfloat16;
  float* output;
  int64_t rows, depth, out;

  /** Weight rows of an item. */
  int64_t item_rows() const {
    const int64_t bytes = depth * (bfloat16 ? 2 : 4);
    return ((bytes > 0 ? kItemBytes / (bytes * kItemRows) : 0) + 1) * kItemRows;
  }
  int64_t items() const { return (out + item_rows() - 1) / item_rows(); }
};

/** Computes projections of one input, on all threads. */
void project(std::initializer_list<Projection> projections);

}  // namespace adept
