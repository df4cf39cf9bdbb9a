"""The twelve architectures, trained networks, and predictions for any matrix."""
