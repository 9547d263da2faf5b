"""Broken files by the thousand: random mutations of good ones."""

import random

TOKENS = [
    *(b"{", b"}", b",", b'"', b'""', b"\\", b"\n", b"\t", b"\x00", b"\xff", b"#", b"/"),
    *(b" 0 ", b" -1 ", b" 1/0 ", b" 5/2 ", b" 1e999 ", b" nan ", b" inf ", b" 0x1f ", b" 1_0 "),
    *(b" 99999999 ", b" 9" * 40, b"9" * 700, b"1/" + b"7" * 300, b" . ", b" 1e ", b" -0.0 "),
    *(b"NFG 1 R", b"EFG", b"{ 2 2 }", b"{ 1000000 1000000 }", b'{ "" 1, 2 }', "½".encode()),
]  # fmt: skip


def _overwrite(rng, data, at):
    data[at] = rng.randrange(256)


def _insert(rng, data, at):
    data[at:at] = rng.choice(TOKENS)


def _delete(rng, data, at):
    del data[at : at + rng.choice([1, 1, 2, 5, 40])]


def _repeat(rng, data, at):
    start = rng.randrange(len(data))
    data[at:at] = data[start : start + rng.choice([1, 3, 20, 200])]


def _truncate(rng, data, at):
    if rng.random() < 0.2:
        del data[at:]


def _change_a_digit(rng, data, at):
    digits = [k for k in range(at, min(at + 30, len(data))) if 48 <= data[k] <= 57]
    if digits:
        data[rng.choice(digits)] = rng.choice(b"0123456789")


def _replace_a_word(rng, data, at):
    end = at
    while end < len(data) and data[end] > 32:
        end += 1
    data[at:end] = rng.choice(TOKENS)


_MUTATIONS = [_overwrite, _insert, _delete, _repeat, _truncate, _replace_a_word]
_MUTATIONS += [_change_a_digit] * 3  # most of these leave a game


def mutants(originals, count, seed):
    """Yield `count` mutated copies (bytes) of files, one to four mutations each."""
    rng = random.Random(seed)
    for _ in range(count):
        data = bytearray(rng.choice(originals))
        for _ in range(rng.randint(1, 4)):
            if data:
                rng.choice(_MUTATIONS)(rng, data, rng.randrange(len(data)))
        yield bytes(data)
