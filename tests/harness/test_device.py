"""Devices: what is said where a promised one is not there."""

from __future__ import annotations

import pytest
from sectorbench.harness.device import assert_device
from sectorbench.harness.errors import WorkerError

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("built_for", "said"),
    [(None, "was built without CUDA: install a build"), ("12.8", "was built for CUDA 12.8: nvidia")],
)
def test_a_device_that_is_not_there_is_told_with_what_this_torch_was_built_for(monkeypatch, built_for, said):
    def ones(*_, **__):
        raise AssertionError("Torch not compiled with CUDA enabled")

    monkeypatch.setattr(torch, "ones", ones)
    monkeypatch.setattr(torch.version, "cuda", built_for)
    monkeypatch.setattr(torch.version, "hip", None)
    with pytest.raises(WorkerError, match=said) as info:
        assert_device("cuda")
    assert info.value.code == "SB207"
