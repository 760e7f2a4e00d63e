"""The PyTorch executor of ADEPT: loads a model and answers a trainer's calls. What to do with the numbers is the trainer's."""

PROTOCOL = 1
