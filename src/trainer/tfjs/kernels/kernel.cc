#include "kernel.h"

namespace adept {

Call::~Call() {
  for (TF_Tensor* tensor : inputs_) {
    if (tensor != nullptr) TF_DeleteTensor(tensor);
  }
  for (TF_Tensor* tensor : held_) TF_DeleteTensor(tensor);
  TF_DeleteStatus(status_);
}

const TF_Tensor* Call::tensor(int index) {
  if (inputs_.size() <= static_cast<size_t>(index)) inputs_.resize(index + 1, nullptr);
  if (inputs_[index] == nullptr) TF_GetInput(context_, index, &inputs_[index], status_);
  return inputs_[index];
}

int64_t Call::width(int index) {
  const TF_Tensor* input = tensor(index);
  const int rank = TF_NumDims(input);
  return rank == 0 ? 1 : TF_Dim(input, rank - 1);
}

int64_t Call::dimension(int index, int axis) {
  const TF_Tensor* input = tensor(index);
  return axis < TF_NumDims(input) ? TF_Dim(input, axis) : 0;
}

int64_t Call::rows(int index) {
  const TF_Tensor* input = tensor(index);
  int64_t rows = 1;
  for (int axis = 0; axis + 1 < TF_NumDims(input); axis++) rows *= TF_Dim(input, axis);
  return rows;
}

float* Call::allocate(int index, const int64_t* dims, int rank) {
  int64_t elements = 1;
  for (int axis = 0; axis < rank; axis++) elements *= dims[axis];
  TF_Tensor* made = TF_AllocateOutput(context_, index, TF_FLOAT, dims, rank, elements * sizeof(float), status_);
  if (TF_GetCode(status_) != TF_OK) {
    TF_OpKernelContext_Failure(context_, status_);
    return nullptr;
  }
  held_.push_back(made);
  return static_cast<float*>(TF_TensorData(made));
}

float* Call::output(int index, std::initializer_list<int64_t> shape) {
  return allocate(index, shape.begin(), static_cast<int>(shape.size()));
}

float* Call::output_like(int index, int input) {
  const TF_Tensor* like = tensor(input);
  std::vector<int64_t> dims;
  for (int axis = 0; axis < TF_NumDims(like); axis++) dims.push_back(TF_Dim(like, axis));
  return allocate(index, dims.data(), static_cast<int>(dims.size()));
}

void Call::fail(const std::string& message) {
  TF_SetStatus(status_, TF_INVALID_ARGUMENT, message.c_str());
  TF_OpKernelContext_Failure(context_, status_);
}

bool Call::expect(int index, int64_t wanted, const char* what) {
  const int64_t found = elements(index);
  if (found == wanted) return true;
  fail(std::string(what) + " has " + std::to_string(found) + " elements, not " + std::to_string(wanted));
  return false;
}

namespace {

void* read_attributes(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes;
  // An operation that lacks an attribute answers with an error, which leaves the default.
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrFloat(construction, "epsilon", &attributes->epsilon, status);
  TF_OpKernelConstruction_GetAttrFloat(construction, "cap", &attributes->cap, status);
  TF_OpKernelConstruction_GetAttrInt32(construction, "heads", &attributes->heads, status);
  TF_OpKernelConstruction_GetAttrInt32(construction, "kv_heads", &attributes->kv_heads, status);
  TF_OpKernelConstruction_GetAttrInt32(construction, "window", &attributes->window, status);
  TF_OpKernelConstruction_GetAttrInt32(construction, "want", &attributes->want, status);
  TF_DeleteStatus(status);
  return attributes;
}

void delete_attributes(void* attributes) { delete static_cast<Attributes*>(attributes); }

}  // namespace

std::string register_operation(const char* name, Specs inputs, Specs outputs, Specs attributes,
                               Trampoline trampoline) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* spec : attributes) TF_OpDefinitionBuilderAddAttr(definition, spec);
  for (const char* spec : inputs) TF_OpDefinitionBuilderAddInput(definition, spec);
  for (const char* spec : outputs) TF_OpDefinitionBuilderAddOutput(definition, spec);
  // Several write into their inputs: none may be taken for a pure function and left out.
  TF_OpDefinitionBuilderSetIsStateful(definition, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, TF_ShapeInferenceContextSetUnknownShape);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_RegisterKernelBuilder(
        name, TF_NewKernelBuilder(name, "CPU", read_attributes, trampoline, delete_attributes), status);
  }
  const std::string problem =
      TF_GetCode(status) == TF_OK ? "" : std::string(name) + ": " + TF_Message(status);
  TF_DeleteStatus(status);
  return problem;
}

}  // namespace adept
