"""Writes a copy of a model with its weights in bfloat16, the type in which SmolLM2 is published."""

import shutil
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM


def main() -> None:
    source, target = (Path(path) for path in sys.argv[1:])
    AutoModelForCausalLM.from_pretrained(source, dtype=torch.bfloat16).save_pretrained(target)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(source / name, target / name)


main()
