"""Measurements that need a machine of their own; nothing of the executor depends on them."""
