"""What is run once in a while. In training/: python -m tools.NAME."""
