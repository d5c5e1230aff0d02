"""Pictures that are nearly the same, found by their fingerprints.

A fingerprint is 64 bits: which of the lowest frequencies of a picture are above their median (Zauner
2010, "Implementation and benchmarking of perceptual image hash functions"). Cut into N + 1 parts,
two that differ in N bits have a part in common: only such pairs are looked at. What they propose is
confirmed on the pixels, since handwritten digits and X-rays of chests are alike without being copies.

All sums are of whole numbers, so the answer does not depend on the machine.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pairs: TypeAlias = NDArray[np.int64]
"""(P, 2), positions: the earlier and the later of each pair, sorted by the later."""

MOST = 32
"""Of those near a fingerprint, the first that are looked at: many alike would be N squared pairs."""

# Correlation of the pixels, and of what is left of them without their surroundings of 5 x 5. The most
# alike of 5,000 handwritten digits have 0.981 and 0.965, of 5,827 X-rays of chests 0.955 and 0.843.
ALIKE, ALIKE_IN_DETAIL = 0.99, 0.9

PIXELS = 2**22
"""At most so many are held as larger numbers at a time."""


def near_pairs(images: NDArray[np.uint8], near: int) -> Pairs:
    """Pairs of images (N, H, W) or (N, H, W, C) whose fingerprints differ in at most `near` bits
    and whose pixels agree up to brightness and contrast."""
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
    """Pairs of fingerprints that differ in at most `near` bits; of very many alike, those with the first."""
    pairs = [np.zeros((0, 2), np.int64)]
    for bits in np.array_split(np.arange(64, dtype=np.uint64), near + 1):
        part = words & np.bitwise_or.reduce(np.uint64(1) << bits)
        _, runs = np.unique(part, return_inverse=True)
        for run in np.split(np.argsort(runs, kind="stable"), np.cumsum(np.bincount(runs))[:-1]):
            same = words[run]
            for at in range(1, len(run)):
                earlier = run[:at][np.bitwise_count(same[:at] ^ same[at]) <= near][:MOST]
                pairs.append(np.stack([np.full(len(earlier), run[at]), earlier], axis=1))
    return np.unique(np.concatenate(pairs), axis=0)[:, ::-1]


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
