"""The same prompts by transformers' `generate`, in float32 or bfloat16 and with the same threads."""

import json
import sys
import time
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(job["threads"])
    model = AutoModelForCausalLM.from_pretrained(job["model"], dtype=getattr(torch, job["dtype"])).eval()
    # Nothing ends an answer, so that both sides do the same work.
    model.generation_config.eos_token_id = None
    groups = [filled(prompts) for prompts in job["groups"]]
    seconds, answers = [], []
    for _ in range(job["rounds"]):
        answers = []
        begun = time.perf_counter()
        for ids, mask in groups:
            tokens = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=job["maxTokens"], pad_token_id=0)
            answers += tokens[:, ids.shape[1] :].tolist()
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"seconds": seconds, "ids": answers}))


def filled(prompts: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Prompts filled up on the left to the longest, and which of the tokens are theirs."""
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    return ids, mask


main()
