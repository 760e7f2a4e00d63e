"""Tests of the PyTorch executor, on tiny random models."""
