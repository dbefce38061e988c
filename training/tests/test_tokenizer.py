"""The small tokenizer has CLIP's form: with CLIP's merges it gives CLIP's ids; with ours one token a word."""

import json

import pytest
from tokenizers import Tokenizer

from synthref.tokenizer import END, START, byte_symbols, encode, write
from synthref.words import spoken, vocabulary

from .conftest import FIXTURES


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> Tokenizer:
    return write(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json")


#: Texts that the original repairs before it tokenizes them (ftfy); training never meets such.
REPAIRED = ("“", "\u200b", "ﬁ", "Ｆ", "Ã", "â€œ")


def test_with_all_of_clips_merges_the_form_gives_clips_ids(clip_tokenizer):
    for case in json.loads((FIXTURES / "tokens.json").read_text()):
        if any(sign in case["text"] for sign in REPAIRED):
            continue
        got = encode(clip_tokenizer, case["text"], 77)[: len(case["ids"])].tolist()
        assert got == case["ids"], case["text"]


def test_every_word_is_one_token(ours):
    assert set(spoken()) <= set(vocabulary())
    for word in vocabulary():
        assert len(ours.encode(word, add_special_tokens=False).ids) == 1, word


def test_start_and_end_are_the_two_highest_ids_and_padding_is_zero(ours):
    size = ours.get_vocab_size()
    assert (ours.token_to_id(START), ours.token_to_id(END)) == (size - 2, size - 1)
    ids = encode(ours, "The  LEFT dog", 32)
    assert ids[0] == size - 2 and ids[4] == size - 1
    assert (ids[5:] == 0).all()


def test_an_overlong_expression_is_cut_with_the_end_token_last(ours):
    ids = encode(ours, "the big dog " * 20, 32)
    assert len(ids) == 32 and ids[-1] == ours.token_to_id(END)


def test_any_text_has_tokens(ours):
    text = "ein grüner tannenbaum — 🎄 松"
    tokens = ours.encode(text, add_special_tokens=False).tokens
    symbols = bytes(byte_symbols().index(c) for c in "".join(tokens).replace("</w>", ""))
    assert len(symbols) == len(text.replace(" ", "").encode())
    assert ours.token_to_id(END) not in ours.encode(text, add_special_tokens=False).ids
