"""The same prompts by transformers' `generate`, in float32 or bfloat16 and with the same threads."""

import json
import sys
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(job["threads"])
    model = AutoModelForCausalLM.from_pretrained(job["model"], dtype=getattr(torch, job["dtype"])).eval()
    prompts = job["prompts"]
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    # Nothing ends an answer, so that both sides do the same work.
    model.generation_config.eos_token_id = None
    seconds, tokens = [], ids
    for _ in range(job["rounds"]):
        begun = time.perf_counter()
        tokens = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=job["maxTokens"], pad_token_id=0)
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"seconds": seconds, "ids": tokens[:, width:].tolist()}))


main()
