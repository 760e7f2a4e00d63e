/** What to do about quantised weights, the end of a sentence. */
export const GET_UNQUANTISED =
  'give the model that was quantised (its model card names it as base_model), or write this one unquantised with transformers (from_pretrained, dequantize, save_pretrained).';

/** Types of numbers that only quantised weights are stored in, also those that the format knows and this program does not. */
const QUANTISED_TYPE = /^(F8|F6|F4)(_|$)/;
const PACKED_TYPE = /^[IU](8|32|64)$/;
/** Names that GPTQ, AWQ, bitsandbytes, compressed-tensors, HQQ and MXFP4 give to packed weights. */
const PACKED_NAME =
  /\.(qweight|qzeros|weight_packed|weight_zero_point|W_q|SCB|\w+_blocks|weight\.(absmax|quant_map|nested_absmax|quant_state\..+))$/;

/** Whether a safetensors type is one of quantised weights alone. */
export function isQuantisedType(dtype: string): boolean {
  return QUANTISED_TYPE.test(dtype);
}

/** Whether a tensor is a part of quantised weights. */
export function isQuantised({ name, dtype }: { readonly name: string; readonly dtype: string }): boolean {
  return (
    isQuantisedType(dtype) || PACKED_NAME.test(name) || (PACKED_TYPE.test(dtype) && name.endsWith('.weight'))
  );
}
