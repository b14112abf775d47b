"""From digital accounts to captured outflow: what a plan keeps at home."""

from optimizer.capture.estimate import estimate_capture
from optimizer.capture.terms import with_capture_terms

__all__ = ["estimate_capture", "with_capture_terms"]
