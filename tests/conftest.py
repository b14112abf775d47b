"""Shared by all tests: this file's place makes the helpers beside it importable from the folders below."""
