// How a kernel sees its operation: inputs and outputs as plain arrays of float32, errors as messages.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <new>
#include <string>
#include <vector>

#include "tensorflow_c.h"

namespace adept {

/** Inputs and outputs of one call. What was fetched or allocated is released with it. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call();

  int inputs() const { return TF_NumInputs(context_); }
  const TF_Tensor* tensor(int index);
  float* input(int index) { return static_cast<float*>(TF_TensorData(tensor(index))); }
  const int32_t* indices(int index) { return static_cast<const int32_t*>(TF_TensorData(tensor(index))); }
  /** Product of all axes but the last. */
  int64_t rows(int index);
  /** The last axis. */
  int64_t width(int index);
  /** 0 where there is no such axis. */
  int64_t dimension(int index, int axis);
  int64_t elements(int index) { return rows(index) * width(index); }
  float* output(int index, std::initializer_list<int64_t> shape);
  /** An output of the shape of an input. */
  float* output_like(int index, int input);
  void fail(const std::string& message);
  /** Fails, and returns false, unless the input has so many elements. */
  bool expect(int index, int64_t elements, const char* what);

 private:
  float* allocate(int index, const int64_t* dims, int rank);

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> inputs_;
  std::vector<TF_Tensor*> held_;
};

/** Attributes of an operation, read once; those that it lacks stay as they are. */
struct Attributes {
  float epsilon = 0;
  int32_t heads = 1;
  int32_t kv_heads = 1;
  /** Positions that a query sees, itself included; 0: all before it. */
  int32_t window = 0;
  /** Scores become cap·tanh(score / cap); 0: as they are. */
  float cap = 0;
  /** Whether the gradient of the weight, or what else is optional, is computed. */
  int32_t want = 0;
};

using Compute = void (*)(const Attributes&, Call&);
using Trampoline = void (*)(void* attributes, TF_OpKernelContext*);
using Specs = std::initializer_list<const char*>;

/** Makes an operation with a kernel for the processor known. Returns what went wrong, or an empty string. */
std::string register_operation(const char* name, Specs inputs, Specs outputs, Specs attributes, Trampoline);

template <Compute compute>
std::string define(const char* name, Specs inputs, Specs outputs, Specs attributes = {}) {
  return register_operation(name, inputs, outputs, attributes, [](void* state, TF_OpKernelContext* context) {
    Call call(context);
    try {
      compute(*static_cast<const Attributes*>(state), call);
    } catch (const std::bad_alloc&) {
      call.fail("there is not enough memory");
    }
  });
}

std::string define_norms();
std::string define_gated_units();
std::string define_attention();
std::string define_cross_entropy();
std::string define_optimizer();
std::string define_upcast();
std::string define_few_rows();
std::string define_cached_attention();
std::string define_decoder_layer();

}  // namespace adept
