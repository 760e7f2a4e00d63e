// Loads the kernels into libtensorflow: a Node-API module with one function, register(threads).
#include <node_api.h>

#include <string>

#include "kernel.h"
#include "parallel.h"

namespace {

napi_value register_kernels(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int32_t threads = 0;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok || count < 1 ||
      napi_get_value_int32(env, argument, &threads) != napi_ok || threads < 1) {
    napi_throw_type_error(env, nullptr, "register needs a number of threads");
    return nullptr;
  }
  adept::set_threads(threads);
  static bool registered = false;
  if (registered) return nullptr;
  for (auto* definition : {adept::define_norms, adept::define_gated_units, adept::define_attention,
                           adept::define_cross_entropy, adept::define_optimizer, adept::define_upcast,
                           adept::define_few_rows, adept::define_cached_attention, adept::define_decoder_layer}) {
    const std::string problem = definition();
    if (!problem.empty()) {
      napi_throw_error(env, nullptr, problem.c_str());
      return nullptr;
    }
  }
  registered = true;
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "register", NAPI_AUTO_LENGTH, register_kernels, nullptr, &function) == napi_ok) {
    napi_set_named_property(env, exports, "register", function);
  }
  return exports;
}
