"""Performance targets, side by side with peers: `python -m bench.run`, or `make bench`."""
