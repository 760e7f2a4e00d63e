"""What the tests share."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", HF_HUB_DISABLE_PROGRESS_BARS="1", ADEPT_DEVICE="cpu")

import torch
import transformers

from adept_torch.call import Call
from adept_torch.messages import CacheRequest, Open
from adept_torch.model import Model
from adept_torch.opening import open_model
from adept_torch.ranks import RankPosition, Ranks

from .models import write_model

Opener = Callable[..., Model]

torch.set_num_threads(1)
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
ALONE = Ranks(RankPosition(0, 1, 0, 1), torch.device("cpu"), 60)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a family's model, written when first asked for."""
    known: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in known:
            known[family] = write_model(tmp_path_factory.mktemp(family), family)
        return known[family]

    return folder


@pytest.fixture
def opened(folders: Callable[[str], Path]) -> Iterator[Opener]:
    """Opens a family's model, or a folder."""
    models: list[Model] = []

    def opener(
        source: str | Path, trains: str | tuple[int, ...] = "none", *, dtype: str = "float32", cache: Path | None = None
    ) -> Model:
        folder = folders(source) if isinstance(source, str) else source
        kept = None if cache is None else CacheRequest(str(cache), 1.0)
        models.append(open_model(Open(str(folder), trains, "auto", dtype, 64, kept), ALONE))  # type: ignore[arg-type]
        return models[-1]

    yield opener
    for model in models:
        model.close()


@pytest.fixture
def call() -> Call:
    """A call that nobody cancels."""
    return Call(ALONE, lambda: False, lambda _, __: None)
