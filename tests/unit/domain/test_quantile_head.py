"""From the network's numbers to quantiles: in order, around the anchor, the same as in the loss that trained it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from domain.quantile_head import HEAD_LEVELS, HEAD_MEDIAN, assemble_quantiles

N = len(HEAD_LEVELS)


@given(arrays(np.float32, (2, 3, N), elements=st.floats(-1e4, 1e4, width=32)))
def test_quantiles_never_cross_whatever_the_network_says(raw: np.ndarray) -> None:
    quantiles = assemble_quantiles(raw, np.zeros((2, 3), np.float32))
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()


def test_each_level_is_a_softplus_step_from_its_neighbour() -> None:
    raw = np.random.default_rng(0).normal(size=(4, 24, N)).astype(np.float32)
    anchor = np.full((4, 24), 3.0, np.float32)
    quantiles = assemble_quantiles(raw, anchor)
    np.testing.assert_allclose(quantiles[..., HEAD_MEDIAN], 3.0 + raw[..., HEAD_MEDIAN], rtol=1e-6)
    steps = np.delete(np.log1p(np.exp(raw.astype(float))), HEAD_MEDIAN, axis=-1)
    np.testing.assert_allclose(np.diff(quantiles, axis=-1), steps, rtol=1e-4, atol=1e-5)
