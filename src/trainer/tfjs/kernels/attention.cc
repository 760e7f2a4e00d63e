// Causal attention with RoPE (Su et al. 2021), grouped queries (Ainslie et al. 2023), sliding windows, and documents
// packed into one sequence that do not see each other. Queries are taken in blocks, and nothing of size T×T is ever
// stored: the backward pass computes the weights again from the logarithm of their sum, as FlashAttention does (Dao et
// al. 2022, algorithms 1 and 4). Keys that no query of a block sees are not computed with.
#include <cmath>
#include <memory>

#include "kernel.h"
#include "multiply.h"
#include "parallel.h"

namespace adept {
namespace {

// Queries of a block, eight tiles of rows, and keys of a chunk: their scores stay in the cache of one core.
constexpr int64_t kBlock = 48;
constexpr int64_t kChunk = 512;

/** Memory that grows and is never filled. */
class Scratch {
 public:
  float* get(int64_t floats) {
    if (floats > size_) {
      memory_.reset(new float[floats]);
      size_ = floats;
    }
    return memory_.get();
  }

 private:
  std::unique_ptr<float[]> memory_;
  int64_t size_ = 0;
};

struct Shape {
  int64_t batch, length, heads, kv_heads, size, window;
  /** [B, T]: where the document of each position begins; null: every sequence is one document. */
  const int32_t* starts;

  /** Floats of a padded row, of a padded head, and the padded number of positions. */
  int64_t width() const { return panels_of(size) * kPanel; }
  int64_t positions() const { return panels_of(length) * kPanel; }
  int64_t head() const { return positions() * width(); }
  int64_t groups() const { return heads / kv_heads; }
  int64_t blocks() const { return (length + kBlock - 1) / kBlock; }
  int64_t start(int64_t sequence, int64_t t) const { return starts == nullptr ? 0 : starts[sequence * length + t]; }
  /** Never less than that of an earlier query: so a block's first query says where its keys begin. */
  int64_t first_key(int64_t sequence, int64_t query) const {
    const int64_t seen = window > 0 && query >= window ? query - window + 1 : 0, own = start(sequence, query);
    return seen > own ? seen : own;
  }
};

struct Rope {
  const float* cosines;
  const float* sines;
};

/** y = x∘cos + swap(x)∘sin, or with `sign` −1 its transpose; the rest of the padded row becomes 0. */
void rotate(const float* x, Rope rope, int64_t position, const Shape& shape, float sign, float* y) {
  const float* cosines = rope.cosines + position * shape.size;
  const float* sines = rope.sines + position * shape.size;
  const int64_t half = shape.size / 2;
  for (int64_t i = 0; i < half; i++) {
    const float low = x[i], high = x[i + half];
    y[i] = low * cosines[i] + sign * (high * sines[i]);
    y[i + half] = high * cosines[i + half] + sign * (low * sines[i + half]);
  }
}

void pad(float* row, const Shape& shape) {
  for (int64_t i = shape.size; i < shape.width(); i++) row[i] = 0;
}

/** A head's rows [T, width], zero-padded, also transposed into panels of 16 positions where `panels` is given. */
void transpose_panels(const float* rows, const Shape& shape, float* panels) {
  const int64_t width = shape.width();
  for (int64_t p = 0; p < panels_of(shape.length); p++) {
    float* panel = panels + p * kPanel * width;
    for (int64_t j = 0; j < kPanel; j++) {
      const int64_t position = p * kPanel + j;
      for (int64_t i = 0; i < width; i++) {
        panel[i * kPanel + j] = position < shape.length ? rows[position * width + i] : 0.0f;
      }
    }
  }
}

/** Keys after RoPE and values of every sequence and KV head, as rows and as panels. */
struct Packed {
  float *keys, *key_panels, *values, *value_panels;
};

struct Inputs {
  Shape shape;
  const float *queries, *keys, *values;
  Rope query_rope, key_rope;
};

Packed pack(const Inputs& in, Scratch& scratch, bool backward) {
  const Shape& shape = in.shape;
  const int64_t count = shape.batch * shape.kv_heads, head = shape.head(), width = shape.width();
  float* memory = scratch.get((backward ? 4 : 3) * count * head);
  const Packed packed{memory, memory + count * head, memory + 2 * count * head,
                      backward ? memory + 3 * count * head : nullptr};
  parallel(count, [&](int64_t item) {
    const int64_t sequence = item / shape.kv_heads, kv = item % shape.kv_heads;
    const int64_t stride = shape.kv_heads * shape.size;
    float* keys = packed.keys + item * head;
    float* values = packed.values + item * head;
    for (int64_t t = 0; t < shape.length; t++) {
      const int64_t from = (sequence * shape.length + t) * stride + kv * shape.size;
      rotate(in.keys + from, in.key_rope, t - shape.start(sequence, t), shape, 1.0f, keys + t * width);
      pad(keys + t * width, shape);
      for (int64_t i = 0; i < shape.size; i++) values[t * width + i] = in.values[from + i];
      pad(values + t * width, shape);
    }
    transpose_panels(keys, shape, packed.key_panels + item * head);
    if (backward) transpose_panels(values, shape, packed.value_panels + item * head);
  });
  return packed;
}

/** Queries [begin, end) of one sequence; the first key that one of them sees is rounded down to a panel. */
struct Block {
  int64_t begin, end, first;

  Block(const Shape& shape, int64_t sequence, int64_t block)
      : begin(block * kBlock),
        end(begin + kBlock < shape.length ? begin + kBlock : shape.length),
        first(shape.first_key(sequence, begin) / kPanel * kPanel) {}
  int64_t rows() const { return end - begin; }
};

/** Keys [first, end) of those that a block sees. */
struct Chunk {
  int64_t first, end;

  Chunk(const Block& block, int64_t from)
      : first(from), end(from + kChunk < block.end ? from + kChunk : block.end) {}
  int64_t keys() const { return end - first; }
  int64_t panels() const { return panels_of(keys()); }
  int64_t columns() const { return panels() * kPanel; }
};

/** The columns of a chunk that a query sees; empty: 0 to 0. */
struct Seen {
  int64_t from, to;

  Seen(const Shape& shape, const Chunk& chunk, int64_t sequence, int64_t query) {
    const int64_t low = shape.first_key(sequence, query), high = query + 1;
    from = (low > chunk.first ? low : chunk.first) - chunk.first;
    to = (high < chunk.end ? high : chunk.end) - chunk.first;
    if (from >= to) from = to = 0;
  }
};

void rotate_queries(const Inputs& in, const Block& block, int64_t sequence, int64_t head, float* queries) {
  const Shape& shape = in.shape;
  for (int64_t t = block.begin; t < block.end; t++) {
    float* row = queries + (t - block.begin) * shape.width();
    rotate(in.queries + ((sequence * shape.length + t) * shape.heads + head) * shape.size, in.query_rope,
           t - shape.start(sequence, t), shape, 1.0f, row);
    pad(row, shape);
  }
}

/** scores [rows, columns] = A·Bᵀ for a chunk's keys. */
void scores_of(const Shape& shape, int64_t count, const Chunk& chunk, const float* rows, const float* panels,
               float* scores) {
  const int64_t width = shape.width();
  multiply<false>(count, chunk.panels(), width, {rows, width, 1},
                  {panels + chunk.first * width, kPanel * width, kPanel}, scores, chunk.columns());
}

/** C = A·B for the first chunk, C += A·B for those after it. */
void multiply_chunk(bool first, int64_t rows, int64_t panels, int64_t depth, Left a, Right b, float* c, int64_t c_row) {
  if (first) {
    multiply<false>(rows, panels, depth, a, b, c, c_row);
  } else {
    multiply<true>(rows, panels, depth, a, b, c, c_row);
  }
}

/** e^(s − shift) for the keys that a query sees, 0 for the others, in place; their sum. */
float weights_of(float* scores, int64_t from, int64_t to, int64_t columns, float shift) {
  for (int64_t i = 0; i < from; i++) scores[i] = 0;
  Floats sum = splat(0);
  by_lanes(
      to - from,
      [&](int64_t i) {
        const Floats e = exponential(load(scores + from + i) - shift);
        store(scores + from + i, e);
        sum += e;
      },
      [&](int64_t i, int64_t rest) {
        const Floats e = exponential(load_part(scores + from + i, rest) - shift);
        store_part(scores + from + i, e, rest);
        for (int64_t k = 0; k < rest; k++) sum[k] += e[k];
      });
  for (int64_t i = to; i < columns; i++) scores[i] = 0;
  return total(sum);
}

float largest_of(const float* scores, int64_t from, int64_t to) {
  Floats most = splat(-INFINITY);
  by_lanes(
      to - from, [&](int64_t i) { most = maximum(most, load(scores + from + i)); },
      [&](int64_t i, int64_t rest) { most = maximum(most, load_part(scores + from + i, rest, -INFINITY)); });
  return largest(most);
}

/** The softmax of a query over the chunks so far: its largest score, and the sum of e^(score − largest). */
struct Running {
  float most = -INFINITY;
  float sum = 0;

  /** Scores of a chunk become weights relative to the largest so far; what was added up before is scaled to that. */
  void add(float* scores, Seen seen, int64_t columns, float* result, int64_t width) {
    const float own = seen.from < seen.to ? largest_of(scores, seen.from, seen.to) : -INFINITY;
    const float now = own > most ? own : most;
    if (now > most && sum > 0) {
      const float factor = std::exp(most - now);
      sum *= factor;
      for (int64_t i = 0; i < width; i++) result[i] *= factor;
    }
    most = now;
    sum += weights_of(scores, seen.from, seen.to, columns, now);
  }
};

/** One block of queries of one head: its attended values and the logarithms of its normalizers. */
void forward_block(const Inputs& in, const Packed& packed, int64_t item, float* attended, float* normalizers) {
  const Shape& shape = in.shape;
  const int64_t row_of_heads = item % (shape.batch * shape.heads);
  const int64_t sequence = row_of_heads / shape.heads, head = row_of_heads % shape.heads;
  // The last blocks see the most keys: they go first, so that no thread is left with a long one.
  const Block block(shape, sequence, shape.blocks() - 1 - item / (shape.batch * shape.heads));
  const int64_t kv = sequence * shape.kv_heads + head / shape.groups(), width = shape.width();
  static thread_local Scratch scratch;
  float* queries = scratch.get(kBlock * (2 * width + kChunk));
  float* result = queries + kBlock * width;
  float* scores = result + kBlock * width;
  rotate_queries(in, block, sequence, head, queries);
  Running running[kBlock];
  for (int64_t from = block.first; from < block.end; from += kChunk) {
    const Chunk chunk(block, from);
    scores_of(shape, block.rows(), chunk, queries, packed.key_panels + kv * shape.head(), scores);
    for (int64_t i = 0; i < block.rows(); i++) {
      running[i].add(scores + i * chunk.columns(), Seen(shape, chunk, sequence, block.begin + i), chunk.columns(),
                     result + i * width, width);
    }
    multiply_chunk(from == block.first, block.rows(), width / kPanel, chunk.keys(), {scores, chunk.columns(), 1},
                   {packed.values + kv * shape.head() + chunk.first * width, kPanel, width}, result, width);
  }
  for (int64_t i = 0; i < block.rows(); i++) {
    const int64_t t = block.begin + i;
    normalizers[(sequence * shape.heads + head) * shape.length + t] = running[i].most + std::log(running[i].sum);
    float* to = attended + ((sequence * shape.length + t) * shape.heads + head) * shape.size;
    const float inverse = 1.0f / running[i].sum;
    for (int64_t j = 0; j < shape.size; j++) to[j] = result[i * width + j] * inverse;
  }
}

/** Where documents begin, checked: what is wrong here would be read outside of the tensors. False after a failure. */
bool starts_of(Call& call, Shape& shape) {
  if (call.elements(7) == 0) return true;
  if (!call.expect(7, shape.batch * shape.length, "document starts")) return false;
  const int32_t* starts = call.indices(7);
  for (int64_t i = 0; i < shape.batch * shape.length; i++) {
    const int64_t t = i % shape.length;
    if (starts[i] != t && (t == 0 || starts[i] != starts[i - 1])) {
      call.fail("the document of position " + std::to_string(t) + " cannot begin at " + std::to_string(starts[i]));
      return false;
    }
  }
  shape.starts = starts;
  return true;
}

/** Queries, keys, values, rope tables and document starts, checked; false after a failure. */
bool inputs_of(const Attributes& attributes, Call& call, Inputs& in) {
  const int64_t length = call.rows(3), size = call.width(3), rows = call.rows(0);
  Shape& shape = in.shape;
  shape = {length == 0 ? 0 : rows / length, length, attributes.heads, attributes.kv_heads, size, attributes.window,
           nullptr};
  if (shape.kv_heads < 1 || shape.heads % shape.kv_heads != 0 || size % 2 != 0 || shape.batch * length != rows) {
    call.fail("attention of " + std::to_string(rows) + " rows, " + std::to_string(shape.heads) + " heads, " +
              std::to_string(shape.kv_heads) + " KV heads and rope tables [" + std::to_string(length) + ", " +
              std::to_string(size) + "] does not fit together");
    return false;
  }
  if (!call.expect(0, rows * shape.heads * size, "queries") || !call.expect(1, rows * shape.kv_heads * size, "keys") ||
      !call.expect(2, rows * shape.kv_heads * size, "values")) {
    return false;
  }
  for (int i = 4; i < 7; i++) {
    if (!call.expect(i, length * size, "rope table")) return false;
  }
  in.queries = call.input(0);
  in.keys = call.input(1);
  in.values = call.input(2);
  in.query_rope = {call.input(3), call.input(4)};
  in.key_rope = {call.input(5), call.input(6)};
  return starts_of(call, shape);
}

/**
 * queries [B·T, H·headDim], keys and values [B·T, K·headDim] as projected, rope tables [1, T, headDim], the first
 * position of each position's document [B·T] or nothing → attended [B·T, H·headDim] and the logarithms of the
 * normalizers [B, H, T].
 */
void attention(const Attributes& attributes, Call& call) {
  Inputs in{};
  if (!inputs_of(attributes, call, in)) return;
  const Shape& shape = in.shape;
  float* attended = call.output_like(0, 0);
  float* normalizers = call.output(1, {shape.batch, shape.heads, shape.length});
  if (attended == nullptr || normalizers == nullptr) return;
  static Scratch scratch;
  const Packed packed = pack(in, scratch, false);
  parallel(shape.batch * shape.heads * shape.blocks(),
           [&](int64_t item) { forward_block(in, packed, item, attended, normalizers); });
}

struct Gradients {
  const float *attended, *normalizers, *gradient;
  /** [B·T, H·headDim] */
  float* queries;
  /** Of each head, before the sum over its group: [B·H, positions, width]. */
  float *keys, *values;
};

/** What one block of queries adds to the gradients of its head. */
class BackwardBlock {
 public:
  BackwardBlock(const Inputs& in, const Packed& packed, const Gradients& of, int64_t item, int64_t index)
      : in_(in),
        shape_(in.shape),
        packed_(packed),
        of_(of),
        item_(item),
        block_(in.shape, sequence(), index) {
    static thread_local Scratch scratch;
    const int64_t width = shape_.width();
    queries_ = scratch.get(kBlock * (3 * width + 2 * kChunk));
    gradient_ = queries_ + kBlock * width;
    query_gradient_ = gradient_ + kBlock * width;
    weights_ = query_gradient_ + kBlock * width;
    slopes_ = weights_ + kBlock * kChunk;
  }

  void run() {
    rotate_queries(in_, block_, sequence(), head_index(), queries_);
    copy_gradient();
    for (int64_t from = block_.first; from < block_.end; from += kChunk) add(Chunk(block_, from));
    for (int64_t i = 0; i < block_.rows(); i++) {
      const int64_t t = block_.begin + i;
      rotate(query_gradient_ + i * shape_.width(), in_.query_rope, t - shape_.start(sequence(), t), shape_, -1.0f,
             of_.queries + offset(i));
    }
  }

 private:
  int64_t sequence() const { return item_ / shape_.heads; }
  int64_t head_index() const { return item_ % shape_.heads; }
  int64_t offset(int64_t i) const {
    return ((sequence() * shape_.length + block_.begin + i) * shape_.heads + head_index()) * shape_.size;
  }

  /** The gradient's rows, padded, and for each the sum Σ p·dp, which is dO·O. */
  void copy_gradient() {
    const int64_t width = shape_.width();
    for (int64_t i = 0; i < block_.rows(); i++) {
      const float* attended = of_.attended + offset(i);
      const float* gradient = of_.gradient + offset(i);
      float sum = 0;
      for (int64_t j = 0; j < shape_.size; j++) {
        gradient_[i * width + j] = gradient[j];
        sum += attended[j] * gradient[j];
      }
      pad(gradient_ + i * width, shape_);
      sums_[i] = sum;
    }
  }

  /** What the keys of one chunk have to do with these queries. */
  void add(const Chunk& chunk) {
    const int64_t width = shape_.width(), columns = chunk.columns(), rows = block_.rows(), panels = width / kPanel;
    const int64_t kv = (sequence() * shape_.kv_heads + head_index() / shape_.groups()) * shape_.head();
    const int64_t from = chunk.first * width, own = item_ * shape_.head() + from;
    scores_of(shape_, rows, chunk, queries_, packed_.key_panels + kv, weights_);
    scores_of(shape_, rows, chunk, gradient_, packed_.value_panels + kv, slopes_);
    for (int64_t i = 0; i < rows; i++) slopes_of(i, chunk);
    multiply_chunk(chunk.first == block_.first, rows, panels, chunk.keys(), {slopes_, columns, 1},
                   {packed_.keys + kv + from, kPanel, width}, query_gradient_, width);
    multiply<true>(chunk.keys(), panels, rows, {weights_, 1, columns}, {gradient_, kPanel, width}, of_.values + own,
                   width);
    multiply<true>(chunk.keys(), panels, rows, {slopes_, 1, columns}, {queries_, kPanel, width}, of_.keys + own, width);
  }

  /** Scores become weights p, and their gradients dp become p∘(dp − Σ p·dp). */
  void slopes_of(int64_t i, const Chunk& chunk) {
    const int64_t t = block_.begin + i, columns = chunk.columns();
    const Seen seen(shape_, chunk, sequence(), t);
    float* weights = weights_ + i * columns;
    float* slopes = slopes_ + i * columns;
    weights_of(weights, seen.from, seen.to, columns, of_.normalizers[item_ * shape_.length + t]);
    for (int64_t j = 0; j < columns; j++) slopes[j] = weights[j] * (slopes[j] - sums_[i]);
  }

  const Inputs& in_;
  const Shape& shape_;
  const Packed& packed_;
  const Gradients& of_;
  const int64_t item_;
  const Block block_;
  float *queries_, *gradient_, *query_gradient_, *weights_, *slopes_;
  float sums_[kBlock];
};

/** Sums each group's gradients of keys and values and takes the keys' back through RoPE. */
void sum_groups(const Inputs& in, const Gradients& of, float* keys, float* values) {
  const Shape& shape = in.shape;
  const int64_t width = shape.width(), head = shape.head();
  parallel(shape.batch * shape.kv_heads, [&](int64_t item) {
    const int64_t sequence = item / shape.kv_heads, kv = item % shape.kv_heads;
    const int64_t first = (sequence * shape.heads + kv * shape.groups()) * head;
    for (int64_t t = 0; t < shape.length; t++) {
      float* key_sum = of.keys + first + t * width;
      float* value_sum = of.values + first + t * width;
      for (int64_t g = 1; g < shape.groups(); g++) {
        for (int64_t i = 0; i < width; i++) {
          key_sum[i] += key_sum[g * head + i];
          value_sum[i] += value_sum[g * head + i];
        }
      }
      const int64_t to = ((sequence * shape.length + t) * shape.kv_heads + kv) * shape.size;
      rotate(key_sum, in.key_rope, t - shape.start(sequence, t), shape, -1.0f, keys + to);
      for (int64_t i = 0; i < shape.size; i++) values[to + i] = value_sum[i];
    }
  });
}

/** The inputs of `attention`, its two outputs and the gradient of the first → those of queries, keys and values. */
void attention_gradient(const Attributes& attributes, Call& call) {
  Inputs in{};
  if (!inputs_of(attributes, call, in)) return;
  const Shape& shape = in.shape;
  const int64_t rows = shape.batch * shape.length * shape.heads;
  if (!call.expect(8, rows * shape.size, "attended values") || !call.expect(9, rows, "normalizers") ||
      !call.expect(10, rows * shape.size, "gradient")) {
    return;
  }
  float* queries = call.output_like(0, 0);
  float* keys = call.output_like(1, 1);
  float* values = call.output_like(2, 2);
  if (queries == nullptr || keys == nullptr || values == nullptr) return;
  static Scratch packing, sums;
  const Packed packed = pack(in, packing, true);
  const int64_t count = shape.batch * shape.heads, head = shape.head();
  float* by_head = sums.get(2 * count * head);
  const Gradients of{call.input(8), call.input(9), call.input(10), queries, by_head, by_head + count * head};
  parallel(count, [&](int64_t item) {
    for (int64_t i = 0; i < head; i++) of.keys[item * head + i] = of.values[item * head + i] = 0;
    for (int64_t block = 0; block < shape.blocks(); block++) BackwardBlock(in, packed, of, item, block).run();
  });
  sum_groups(in, of, keys, values);
}

}  // namespace

std::string define_attention() {
  const std::string problem = define<attention>(
      "AdeptAttention",
      {"queries: float", "keys: float", "values: float", "query_cosines: float", "query_sines: float",
       "key_cosines: float", "key_sines: float", "document_starts: int32"},
      {"attended: float", "normalizers: float"}, {"heads: int", "kv_heads: int", "window: int"});
  return problem.empty()
             ? define<attention_gradient>(
                   "AdeptAttentionGradient",
                   {"queries: float", "keys: float", "values: float", "query_cosines: float", "query_sines: float",
                    "key_cosines: float", "key_sines: float", "document_starts: int32", "attended: float",
                    "normalizers: float", "gradient: float"},
                   {"query_gradient: float", "key_gradient: float", "value_gradient: float"},
                   {"heads: int", "kv_heads: int", "window: int"})
             : problem;
}

}  // namespace adept
