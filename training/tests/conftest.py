"""Puts training/ on the path and says where the reference cases are."""

import json
import sys
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

TRAINING = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TRAINING))

from synthref.tokenizer import clip_merges, document  # noqa: E402

torch.set_num_threads(1)


FIXTURES = TRAINING.parent / "fixtures"


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return FIXTURES


@pytest.fixture(scope="session")
def clip_tokenizer() -> Tokenizer:
    """CLIP's own tokenizer, put together from its merges."""
    return Tokenizer.from_str(json.dumps(document(clip_merges())))
