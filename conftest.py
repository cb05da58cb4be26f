"""Fixtures for all tests."""

pytest_plugins = ["people_and_places"]
