"""A random order of any number of things, of which any part can be asked for: no list of them all is held."""

from __future__ import annotations

import numpy as np


class Permutation:
    """A pseudo-random permutation of range(size) in constant memory (a Feistel network with cycle walking,
    Black and Rogaway, 2002)."""

    _ROUNDS = 4

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._half = np.uint64(max((max(size - 1, 1).bit_length() + 1) // 2, 1))
        self._mask = np.uint64((1 << int(self._half)) - 1)
        self._keys = np.random.default_rng(seed).integers(1, 2**63, self._ROUNDS, dtype=np.uint64)

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Return the images of numbers in range(size)."""
        images = self._shuffle(numbers.astype(np.uint64))
        while True:
            outside = np.nonzero(images >= self._size)[0]
            if not len(outside):
                return images.astype(np.int64)
            images[outside] = self._shuffle(images[outside])

    def _shuffle(self, numbers: np.ndarray) -> np.ndarray:
        left, right = numbers >> self._half, numbers & self._mask
        for key in self._keys:
            mixed = (right + key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
            left, right = right, left ^ ((mixed >> np.uint64(32)) & self._mask)
        shuffled: np.ndarray = (left << self._half) | right
        return shuffled
