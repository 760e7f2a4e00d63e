"""GSM8K and MMLU by lm-evaluation-harness on local files: what it takes for each answer, and whether it counts it as right."""

import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import lm_eval
import torch
import yaml
from lm_eval.models.huggingface import HFLM

TASKS = Path(lm_eval.__file__).parent / "tasks"


def local(task: str, template: Path, files: dict[str, Path]) -> dict[str, Any]:
    """A task as the harness has it, with its data from files."""
    config = yaml.safe_load(template.read_text())
    config.pop("tag", None)
    config.pop("dataset_name", None)
    data_files = {split: str(file) for split, file in files.items()}
    return config | {"task": task, "dataset_path": "json", "dataset_kwargs": {"data_files": data_files}}


def gsm8k(model: HFLM, train: Path, test: Path, limit: int) -> list[dict[str, Any]]:
    config = local("gsm8k_local", TASKS / "gsm8k" / "gsm8k.yaml", {"train": train, "test": test})
    # The first five questions are the examples, as `adept eval` has it.
    config["fewshot_config"] = {"sampler": "first_n", "split": "train"}
    result = lm_eval.simple_evaluate(model=model, tasks=[config], limit=limit, log_samples=True, bootstrap_iters=0)
    found: dict[int, dict[str, Any]] = {}
    for sample in result["samples"]["gsm8k_local"]:
        row = found.setdefault(sample["doc_id"], {"answer": sample["resps"][0][0]})
        row[sample["filter"]] = bool(sample["exact_match"])
    return [found[doc] for doc in sorted(found)]


def rows_of(source: Path, target: Path) -> Path:
    """MMLU's CSV as rows of JSON, which have a head."""
    with source.open(newline="") as text, target.open("w") as out:
        for question, *choices, answer in csv.reader(text):
            out.write(json.dumps({"question": question, "choices": choices, "answer": "ABCD".index(answer)}) + "\n")
    return target


def mmlu(model: HFLM, folder: Path, subject: str, work: Path) -> list[dict[str, Any]]:
    files = {
        "dev": rows_of(folder / "dev" / f"{subject}_dev.csv", work / f"{subject}_dev.jsonl"),
        "test": rows_of(folder / "val" / f"{subject}_val.csv", work / f"{subject}_val.jsonl"),
    }
    config = local(f"mmlu_{subject}", TASKS / "mmlu" / "default" / "_default_template_yaml", files)
    about = subject.replace("_", " ")
    config |= {
        "num_fewshot": 5,
        "description": f"The following are multiple choice questions (with answers) about {about}.\n\n",
    }
    result = lm_eval.simple_evaluate(model=model, tasks=[config], log_samples=True, bootstrap_iters=0)
    samples = sorted(result["samples"][f"mmlu_{subject}"], key=lambda sample: sample["doc_id"])
    rows = []
    for sample in samples:
        likelihoods = [response[0][0] for response in sample["resps"]]
        rows.append({"choice": likelihoods.index(max(likelihoods)), "right": bool(sample["acc"])})
    return rows


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(job["threads"])
    model = HFLM(pretrained=job["model"], dtype="float32", batch_size=4, device="cpu")
    with tempfile.TemporaryDirectory() as work:
        found: dict[str, Any] = {"version": lm_eval.__version__}
        if job["gsm8k"]["limit"] > 0:
            train, test = Path(job["gsm8k"]["train"]), Path(job["gsm8k"]["test"])
            found["gsm8k"] = gsm8k(model, train, test, job["gsm8k"]["limit"])
        found["mmlu"] = {
            subject: mmlu(model, Path(job["mmlu"]["folder"]), subject, Path(work)) for subject in job["mmlu"]["subjects"]
        }
    Path(sys.argv[2]).write_text(json.dumps(found))


main()
