"""HiVG in PyTorch: the network of the paper, for training and for checking what was trained."""
