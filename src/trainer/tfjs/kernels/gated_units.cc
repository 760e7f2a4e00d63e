// SwiGLU without its projections (Shazeer 2020): silu(gate)∘up.
#include "kernel.h"
#include "parallel.h"
#include "vectors.h"

namespace adept {
namespace {

constexpr int64_t kBlock = 8192;

/** gate, up [n, F] → silu(gate)∘up. */
void swiglu(const Attributes&, Call& call) {
  const int64_t size = call.elements(0);
  if (!call.expect(1, size, "up")) return;
  const float* gate = call.input(0);
  const float* up = call.input(1);
  float* product = call.output_like(0, 0);
  if (product == nullptr) return;
  const auto compute = [](Floats g, Floats u) { return g * sigmoid(g) * u; };
  parallel_blocks(size, kBlock, [&](int64_t begin, int64_t end) {
    by_lanes(
        end - begin,
        [&](int64_t j) {
          const int64_t i = begin + j;
          store(product + i, compute(load(gate + i), load(up + i)));
        },
        [&](int64_t j, int64_t rest) {
          const int64_t i = begin + j;
          store_part(product + i, compute(load_part(gate + i, rest), load_part(up + i, rest)), rest);
        });
  });
}

struct Gradients {
  Floats gate, up, product;
};

/** With s = σ(gate): dup = d∘gate∘s and dgate = d∘up∘s∘(1 + gate∘(1 − s)). */
Gradients gradients_of(Floats d, Floats gate, Floats up) {
  const Floats s = sigmoid(gate);
  const Floats silu = gate * s;
  return {d * up * (s + silu - silu * s), d * silu, silu * up};
}

/** d, gate, up [n, F] → dgate, dup, and where `want` the product itself again, else [0]. */
void swiglu_gradient(const Attributes& attributes, Call& call) {
  const int64_t size = call.elements(0);
  if (!call.expect(1, size, "gate") || !call.expect(2, size, "up")) return;
  const float* d = call.input(0);
  const float* gate = call.input(1);
  const float* up = call.input(2);
  float* dgate = call.output_like(0, 0);
  float* dup = call.output_like(1, 0);
  float* product = attributes.want != 0 ? call.output_like(2, 0) : call.output(2, {0});
  if (dgate == nullptr || dup == nullptr || product == nullptr) return;
  parallel_blocks(size, kBlock, [&](int64_t begin, int64_t end) {
    by_lanes(
        end - begin,
        [&](int64_t j) {
          const int64_t i = begin + j;
          const Gradients of = gradients_of(load(d + i), load(gate + i), load(up + i));
          store(dgate + i, of.gate);
          store(dup + i, of.up);
          if (attributes.want != 0) store(product + i, of.product);
        },
        [&](int64_t j, int64_t rest) {
          const int64_t i = begin + j;
          const Gradients of = gradients_of(load_part(d + i, rest), load_part(gate + i, rest), load_part(up + i, rest));
          store_part(dgate + i, of.gate, rest);
          store_part(dup + i, of.up, rest);
          if (attributes.want != 0) store_part(product + i, of.product, rest);
        });
  });
}

}  // namespace

std::string define_gated_units() {
  const std::string problem = define<swiglu>("AdeptSwiglu", {"gate: float", "up: float"}, {"product: float"});
  return problem.empty() ? define<swiglu_gradient>("AdeptSwigluGradient",
                                                   {"gradient: float", "gate: float", "up: float"},
                                                   {"gate_gradient: float", "up_gradient: float", "product: float"},
                                                   {"want: int"})
                         : problem;
}

}  // namespace adept
