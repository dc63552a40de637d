"""Devices: which one a model runs on. Every other module asks here, and torch is imported only when it must be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from .errors import WorkerError

__all__ = ["DeviceInfo", "assert_device", "device_class", "device_info", "peak_device_memory_gib", "resolve_device"]


class DeviceInfo(NamedTuple):
    """What a record says of a device."""

    device: str
    name: str
    driver: str | None


def resolve_device(asked: str, *, accelerated: bool) -> str:
    """The device behind ``auto``: the accelerator where there is one and the adapter can use it, else ``cpu``.

    Only a machine that shows an accelerator's device files pays for importing torch here.
    """
    if not accelerated:
        return "cpu"
    if asked != "auto":
        return asked
    if not (sys.platform == "darwin" or Path("/dev/nvidia0").exists() or Path("/dev/kfd").exists()):
        return "cpu"
    import torch

    found = torch.accelerator.current_accelerator(check_available=True)
    return "cpu" if found is None else found.type


def device_class(device: str) -> str:
    """``cuda:1`` and ``cuda`` are the same class ``cuda``; results are keyed by it."""
    return device.split(":", 1)[0]


def assert_device(device: str) -> None:
    """Makes sure that a promised accelerator is really there, by using it.

    Raises:
        WorkerError: It is not (code SB207).
    """
    if device == "cpu":
        return
    try:
        import torch

        on = torch.ones(2, device=device).sum()
        if on.device.type != device_class(device) or float(on) != 2.0:
            raise WorkerError("SB207", f"promised {device}, got {on.device}")
    except (ImportError, RuntimeError, AssertionError) as err:
        raise WorkerError("SB207", f"promised {device}, but: {str(err).splitlines()[0]}{_hint(device)}") from err


def _hint(device: str) -> str:
    """What stands between this machine's torch and a device of CUDA; empty where that is not known."""
    torch = sys.modules.get("torch")
    if torch is None or device_class(device) != "cuda" or torch.version.hip is not None:
        return ""
    if torch.version.cuda is None:
        return (
            f"; this torch ({torch.__version__}) was built without CUDA: install a build for your driver from "
            "pytorch.org/get-started, or say device=cpu"
        )
    return f"; this torch was built for CUDA {torch.version.cuda}: nvidia-smi tells whether the driver is new enough"


def device_info(device: str) -> DeviceInfo:
    """Name and driver of a device, for the record; the processor's name stands elsewhere in it."""
    if device_class(device) != "cuda":
        return DeviceInfo(device, device_class(device), None)
    import torch

    driver = Path("/sys/module/nvidia/version")
    version = driver.read_text().strip() if driver.is_file() else None
    return DeviceInfo(device, torch.cuda.get_device_name(device), version)


def peak_device_memory_gib(device: str) -> float | None:
    """Most memory that tensors held on the device since the process began, in GiB; None on the processor."""
    if device_class(device) == "cpu":
        return None
    import torch

    return float(torch.accelerator.max_memory_allocated(device)) / 2**30
