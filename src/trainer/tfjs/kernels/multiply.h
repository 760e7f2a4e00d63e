// Products of small matrices that lie in the cache: what attention is made of.
#pragma once
#include "vectors.h"

namespace adept {

/** A(i, k) = at[i·row + k·column]. */
struct Left {
  const float* at;
  int64_t row, column;
};

/** B(k, 16·p + j) = at[p·panel + k·row + j]. */
struct Right {
  const float* at;
  int64_t panel, row;
};

constexpr int64_t kPanel = 2 * kLanes;
constexpr int64_t kTileRows = 6;

inline int64_t panels_of(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

/** R rows of one panel. Each element is one chain of additions over `depth`, whatever R is. */
template <int R, bool kAccumulate>
inline void tile(int64_t depth, Left a, const float* b, int64_t b_row, float* c, int64_t c_row) {
  Floats left[R], right[R];
#pragma GCC unroll 6
  for (int r = 0; r < R; r++) {
    left[r] = kAccumulate ? load(c + r * c_row) : splat(0);
    right[r] = kAccumulate ? load(c + r * c_row + kLanes) : splat(0);
  }
  for (int64_t k = 0; k < depth; k++) {
    const Floats b0 = load(b + k * b_row), b1 = load(b + k * b_row + kLanes);
    const float* column = a.at + k * a.column;
#pragma GCC unroll 6
    for (int r = 0; r < R; r++) {
      const Floats x = splat(column[r * a.row]);
      left[r] += x * b0;
      right[r] += x * b1;
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < R; r++) {
    store(c + r * c_row, left[r]);
    store(c + r * c_row + kLanes, right[r]);
  }
}

/** C [rows, 16·panels] = A·B, or += where `kAccumulate`; c_row floats from one row of C to the next. */
template <bool kAccumulate>
void multiply(int64_t rows, int64_t panels, int64_t depth, Left a, Right b, float* c, int64_t c_row) {
  for (int64_t p = 0; p < panels; p++) {
    const float* panel = b.at + p * b.panel;
    for (int64_t i = 0; i < rows; i += kTileRows) {
      const Left from{a.at + i * a.row, a.row, a.column};
      float* to = c + i * c_row + p * kPanel;
      switch (rows - i < kTileRows ? rows - i : kTileRows) {
        case 1: tile<1, kAccumulate>(depth, from, panel, b.row, to, c_row); break;
        case 2: tile<2, kAccumulate>(depth, from, panel, b.row, to, c_row); break;
        case 3: tile<3, kAccumulate>(depth, from, panel, b.row, to, c_row); break;
        case 4: tile<4, kAccumulate>(depth, from, panel, b.row, to, c_row); break;
        case 5: tile<5, kAccumulate>(depth, from, panel, b.row, to, c_row); break;
        default: tile<6, kAccumulate>(depth, from, panel, b.row, to, c_row);
      }
    }
  }
}

}  // namespace adept
