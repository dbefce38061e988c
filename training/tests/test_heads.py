"""Names as classes: who is asked for what, and that what is seen and what is said find each other."""

import torch
from tokenizers import Tokenizer

from heads import synthref_names
from synthref.atlas import nouns
from synthref.tokenizer import write

from .tiny import KINDS, TINY, names, network


def test_every_name_of_every_kind_is_asked_for_and_none_twice(tmp_path):
    write(tmp_path / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    made = synthref_names(tokenizer, 8)
    rows = [tuple(i for i in row if i) for row in made.ids.tolist()]
    assert len(set(rows)) == len(rows) == int(made.ways.sum())
    for number, noun in enumerate(nouns()):
        asked = set(rows[made.first[number] : made.first[number] + made.ways[number]])
        assert {tuple(tokenizer.encode(name).ids) for name in noun.names} < asked
        assert (tuple(tokenizer.encode(f"a {noun.noun}").ids) in asked) != noun.plural


def test_the_same_seed_asks_in_the_same_way_and_others_in_others():
    head, net = names(), network()
    classes = [head.classes(net, torch.Generator().manual_seed(seed)) for seed in (0, 0, *range(1, 12))]
    assert classes[0].shape == (KINDS, TINY.projection)
    assert torch.equal(classes[0], classes[1])
    differs = torch.stack([(c - classes[0]).abs().amax(1) > 1e-6 for c in classes]).any(0)
    # Only the second kind has two names.
    assert differs.tolist() == [False, True, False, False, False]


def test_padding_and_the_tokens_around_a_name_do_not_count():
    head, net = names(), network().eval()
    before = head.classes(net, torch.Generator().manual_seed(0))
    head.ids = torch.cat([head.ids, torch.zeros(len(head.ids), 3, dtype=torch.int64)], 1)
    assert torch.allclose(head.classes(net, torch.Generator().manual_seed(0)), before, atol=1e-6)


def test_a_patch_is_given_to_the_name_it_lies_nearest_to():
    head, net = names(), network()
    with torch.no_grad():
        classes = head.classes(net, torch.Generator().manual_seed(4))
        logits = head(net, classes[[3, 0, 4]] * 7, 4)
    assert logits.argmax(1).tolist() == [3, 0, 4]
