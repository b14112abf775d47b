"""From digital accounts to captured outflow: what a plan keeps at home."""

from optimizer.capture.estimate import estimate_capture

__all__ = ["estimate_capture"]
