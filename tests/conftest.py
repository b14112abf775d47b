"""Shared by all tests: this file's place makes the helpers beside it importable from the folders below."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag that rewrites pinned results; say in the commit why they moved."""
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden/ from this run")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether pinned results are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))
