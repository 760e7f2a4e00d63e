"""python -m adept_torch, alone or under torch.distributed.run: one process, or one of several ranks."""

import sys

from .errors import InputError
from .settings import Settings


def main() -> int:
    """The exit status."""
    try:
        settings = Settings.from_environment()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    # Only now, since PyTorch takes seconds to load.
    from .start import run  # noqa: PLC0415

    return run(settings)


if __name__ == "__main__":
    sys.exit(main())
