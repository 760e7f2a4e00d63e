"""ADEPT's mathematics in PyTorch, written from the paper and transformers alone, to check the trainer against."""
