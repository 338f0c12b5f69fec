"""Noise that hides single people: where it comes from, how much of it there is, and what it adds up to.

Two tables are neighbours where one row holds something else in the same cell of group and label; which cells there are,
and how many rows they hold, is known. So one person moves two counts of a table by one, √2 in Euclidean length.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORTEST: Final = 16
"""Bytes that a secret has at least."""

_WORD = 8


class Noise:
    """Random numbers that only who knows the secret can draw again.

    Parameters
    ----------
    secret : bytes
        At least 16 bytes.

    Notes
    -----
    The stream is SHAKE-256 of the secret and a counter. Other generators of random numbers can be predicted from what
    they gave or from their seed, and whoever knows the noise can take it off.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST:
            raise ValueError(f"a secret has at least {SHORTEST} bytes")
        self._secret = secret
        self._blocks = 0

    def uniform(self, size: int) -> NDArray[np.float64]:
        """Draw numbers between 0 and 1, neither included.

        Parameters
        ----------
        size : int
            How many.

        Returns
        -------
        ndarray of float64 of shape (size,)
            Independent of every draw before.
        """
        block = hashlib.shake_256(self._secret + self._blocks.to_bytes(_WORD, "big")).digest(_WORD * size)
        self._blocks += 1
        whole = np.frombuffer(block, dtype="<u8") >> np.uint64(11)  # 53 bits, as many as a number holds
        return np.asarray((whole + 0.5) / 2.0**53, dtype=np.float64)

    def counts(self, exact: NDArray[np.int64], rho: float) -> NDArray[np.int64]:
        """Give counts with Gaussian noise, rounded to whole numbers.

        Parameters
        ----------
        exact : ndarray of int64
            Counts of people; each person is in one of them.
        rho : float
            What it may cost.

        Returns
        -------
        ndarray of int64
            Of the same shape; below 0 where chance will have it.
        """
        drawn = ndtri(self.uniform(exact.size)).reshape(exact.shape)
        return np.asarray(exact + np.rint(sigma_of(rho) * drawn), dtype=np.int64)

    def pick(self, quality: NDArray[np.float64], rho: float) -> int:
        """Pick one of several by a quality that one person changes by 2 at most.

        Parameters
        ----------
        quality : ndarray of float64 of shape (choices,)
            The larger, the more likely.
        rho : float
            What it may cost.

        Returns
        -------
        int
            The place of the picked one: the exponential mechanism of an epsilon with epsilon² / 8 = rho, as the largest
            of the qualities with Gumbel noise.
        """
        scale = 2 * 2 / math.sqrt(8 * rho)
        return int(np.argmax(quality - scale * np.log(-np.log(self.uniform(len(quality))))))


def sigma_of(rho: float) -> float:
    """Give the standard deviation of the noise of a table of counts.

    Parameters
    ----------
    rho : float
        What the table may cost.

    Returns
    -------
    float
        √(1 / rho): the cost is Δ² / (2 σ²), and Δ is √2.
    """
    return math.sqrt(1 / rho)


def rho_of(epsilon: float, delta: float) -> float:
    """Give the cost that makes a guarantee of epsilon and delta.

    Parameters
    ----------
    epsilon : float
        Above 0.
    delta : float
        Between 0 and 1.

    Returns
    -------
    float
        In zero-concentrated differential privacy: the solution of epsilon = rho + 2 √(rho log(1 / delta)).
    """
    tail = math.log(1 / delta)
    return (math.sqrt(tail + epsilon) - math.sqrt(tail)) ** 2


def epsilon_of(rho: float, delta: float) -> float:
    """Give the epsilon that a cost makes at a delta.

    Parameters
    ----------
    rho : float
        The cost.
    delta : float
        Between 0 and 1.

    Returns
    -------
    float
        rho + 2 √(rho log(1 / delta)).
    """
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))


def delta_for(rows: int) -> float:
    """Give a delta that is small for so many people.

    Parameters
    ----------
    rows : int
        How many rows are learned from.

    Returns
    -------
    float
        The largest power of ten that is at most a tenth of one person's share.
    """
    return 10.0 ** -math.ceil(math.log10(10 * max(rows, 1)))


def stream_for(secret: bytes, what: str) -> Noise:
    """Give noise of its own to each set of rows and settings.

    Parameters
    ----------
    secret : bytes
        Of whoever keeps the rows; empty for one of this process, which nobody learns.
    what : str
        A fingerprint of the rows, the settings and the seed.

    Returns
    -------
    Noise
        The same for the same: releasing a thing twice tells nothing more. Other rows have other noise, or the
        difference of two releases would show the difference of the rows.
    """
    return Noise(hmac.digest(secret or _of_this_process(), what.encode(), "sha256"))


@cache
def _of_this_process() -> bytes:
    return secrets.token_bytes(32)
