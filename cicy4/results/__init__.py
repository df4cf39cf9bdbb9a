"""Records of trained networks, and the tables and figures made from them."""
