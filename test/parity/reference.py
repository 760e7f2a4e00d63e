"""The PyTorch side of the parity tests.

    python test/parity/reference.py <job> --request request.json    one job; prints its result as one line of JSON
    python test/parity/reference.py serve                           a worker: requests as lines of JSON on stdin,
                                                                    {"id", "job", "request"}, answers on stdout,
                                                                    {"id", "result"} or {"id", "error"}

Jobs, requests and results are described in test/parity/jobs.ts. Nothing but answers is written to stdout.
"""

import argparse
import json
import os
import platform
import sys
import traceback
from typing import Any, TextIO

sys.dont_write_bytecode = True
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import torch  # noqa: E402
import transformers  # noqa: E402

from torch_method.jobs import JOBS  # noqa: E402


def versions() -> dict[str, str]:
    """What computes here."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def answer(out: TextIO, value: dict[str, Any]) -> None:
    """Writes one line. A result that is not a number is an error here, never a null on the other side."""
    out.write(json.dumps(value, allow_nan=False) + "\n")
    out.flush()


def serve(out: TextIO) -> None:
    """Answers requests until stdin ends."""
    answer(out, {"ready": versions()})
    for line in sys.stdin:
        message = json.loads(line)
        try:
            answer(out, {"id": message["id"], "result": JOBS[message["job"]](message["request"])})
        except Exception:
            answer(out, {"id": message["id"], "error": traceback.format_exc()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=[*JOBS, "serve"])
    parser.add_argument("--request", help="file with the job's request")
    options = parser.parse_args()
    # Libraries print where they like; only answers may reach the real stdout.
    out = sys.stdout
    sys.stdout = sys.stderr
    # The models are tiny: a second thread would only wait for the first, at the full price of a processor (measured: five
    # times the processor time beside another busy process).
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    if options.job == "serve":
        serve(out)
        return
    if options.request is None:
        parser.error("--request is required")
    with open(options.request, encoding="utf-8") as file:
        request = json.load(file)
    answer(out, JOBS[options.job](request))


if __name__ == "__main__":
    main()
