"""Pictures that are nearly the same, found without comparing each with every other.

A fingerprint is 64 bits: which of the lowest frequencies of a picture are above their median (Zauner
2010, "Implementation and benchmarking of perceptual image hash functions"). Fingerprints that differ
in few bits agree in one of four bands of 16 bits, or nearly so (Norouzi, Punjani and Fleet, arXiv
1307.2982): only such pairs are looked at. What they propose is confirmed on the pixels, since
handwritten ones and X-rays of chests are alike without being copies.

All sums are of whole numbers, so the answer does not depend on the machine.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pairs: TypeAlias = NDArray[np.int64]
"""(P, 2), positions, each pair in ascending order."""

BANDS, BITS = 4, 16

# No fingerprint is compared with more of those that share its band than these and the first that is
# equal to it: many alike would cost N squared.
MOST = 32

# Correlation of the pixels, and of what is left of them without their surroundings of 5 x 5. The most
# alike of 5,000 handwritten digits have 0.981 and 0.965, of 5,827 X-rays of chests 0.955 and 0.843.
ALIKE, ALIKE_IN_DETAIL = 0.99, 0.9

CHUNK = 4096
PIXELS = 2**22
"""At most so many are held as larger numbers at a time."""


def near_pairs(images: NDArray[np.uint8], near: int) -> Pairs:
    """Pairs of images (N, H, W) or (N, H, W, C) whose fingerprints differ in at most `near` bits
    and whose pixels agree up to brightness and contrast."""
    if len(images) < 2:
        return np.zeros((0, 2), np.int64)
    pairs = candidates(fingerprints(images), near)
    same = np.zeros(len(pairs), dtype=bool)
    step = _step(images)
    for at in range(0, len(pairs), step):
        same[at : at + step] = _confirm(images, pairs[at : at + step])
    return pairs[same]


def _step(images: NDArray[np.uint8]) -> int:
    """How many images are looked at together."""
    return max(1, PIXELS // int(np.prod(images.shape[1:])))


def fingerprints(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """(N,) perceptual hashes of 64 bits."""
    rows, columns = (_cosines(length) for length in images.shape[1:3])
    words = []
    for at in range(0, len(images), _step(images)):
        grey = _grey(images[at : at + _step(images)]).astype(np.float64)
        spectrum = np.matmul(rows, grey @ columns.T).reshape(len(grey), -1)
        above = spectrum > np.median(spectrum[:, 1:], axis=1, keepdims=True)
        words.append(np.packbits(above, axis=1).view(np.uint64).ravel())
    return np.concatenate(words)


def candidates(words: NDArray[np.uint64], near: int) -> Pairs:
    """Pairs of fingerprints that differ in at most `near` bits; of very many alike, not all."""
    _, first, run = np.unique(words, return_index=True, return_inverse=True)
    numbers = [_number_pairs(first[run], np.arange(len(words)), len(words))]
    for band in range(BANDS):
        keys = (words >> np.uint64(BITS * band)).astype(np.uint16)
        # by band, then by all bits: those most alike stand side by side
        order = np.lexsort((words, keys))
        for mask in _masks(near // BANDS):
            for one, other in _match_keys(keys[order], mask):
                left, right = order[one], order[other]
                close = np.bitwise_count(words[left] ^ words[right]) <= near
                numbers.append(_number_pairs(left[close], right[close], len(words)))
    pairs = np.unique(np.concatenate(numbers))
    return np.stack(np.divmod(pairs, len(words)), axis=1)


def _number_pairs(one: Pairs, other: Pairs, many: int) -> NDArray[np.int64]:
    """One number for each pair of two different positions, whichever comes first."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.unique((low * many + high)[low < high])


def _match_keys(keys: NDArray[np.uint16], mask: int) -> Iterator[tuple[Pairs, Pairs]]:
    """Positions in sorted `keys` that are equal but for `mask`, each pair once, at most MOST each."""
    at = np.arange(len(keys))
    partner = keys ^ np.uint16(mask)
    low = at + 1 if mask == 0 else np.searchsorted(keys, partner, "left")
    high = np.searchsorted(keys, partner, "right")
    many = np.clip(high - low, 0, MOST)
    if mask:
        many[partner < keys] = 0  # the other of the two finds this pair
    for begin in range(0, len(keys), CHUNK):
        counts = many[begin : begin + CHUNK]
        ones = np.repeat(at[begin : begin + CHUNK], counts)
        ends = np.cumsum(counts)
        offsets = np.arange(len(ones)) - np.repeat(ends - counts, counts)
        yield ones, low[ones] + offsets


def _masks(bits: int) -> list[int]:
    """Every 16-bit number with at most so many bits set."""
    chosen = (ones for many in range(bits + 1) for ones in combinations(range(BITS), many))
    return [sum(1 << one for one in ones) for ones in chosen]


def _confirm(images: NDArray[np.uint8], pairs: Pairs) -> NDArray[np.bool_]:
    one, other = (_grey(images[pairs[:, side]]) for side in (0, 1))
    same = _correlate(one, other, ALIKE)
    one, other = one[same], other[same]
    same[same] = _correlate(_detail(one), _detail(other), ALIKE_IN_DETAIL)
    return same


def _correlate(one: NDArray[Any], other: NDArray[Any], least: float) -> NDArray[np.bool_]:
    """Whether Pearson's correlation of the pixels of each pair is at least so much."""
    n = int(np.prod(one.shape[1:]))
    x, y = (side.reshape(len(side), n) for side in (one, other))

    def covariance(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        products = np.einsum("pi,pi->p", a, b).astype(np.float64)
        return np.asarray(n * products - a.sum(axis=1).astype(np.float64) * b.sum(axis=1))

    return np.asarray(covariance(x, y) >= least * np.sqrt(covariance(x, x) * covariance(y, y)))


def _detail(grey: NDArray[np.int64]) -> NDArray[np.int64]:
    """25 times each pixel, less the sum of the 5 x 5 around it."""
    height, width = grey.shape[1:]
    wide = np.pad(grey, ((0, 0), (2, 2), (2, 2)), mode="edge")
    across = sum(wide[:, :, shift : shift + width] for shift in range(5))
    around = sum(np.asarray(across)[:, shift : shift + height] for shift in range(5))
    return np.asarray(25 * grey - around)


def _grey(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    whole = images.astype(np.int64)
    return np.asarray(whole.sum(axis=3)) if images.ndim == 4 else whole


def _cosines(length: int) -> NDArray[np.float64]:
    """The 8 lowest rows of the discrete cosine transform, in whole 64ths."""
    frequency, place = np.arange(8)[:, None], 2 * np.arange(length) + 1
    return np.asarray(np.rint(64 * np.cos(np.pi * frequency * place / (2 * length))))
