"""The scripts in percent format from which the notebooks are made, and their maker."""

import re

# What TensorFlow and XLA say, whatever level they are told; it is no output of a notebook.
TENSORFLOW = re.compile(
    r"^(WARNING: All log messages before absl|I0000 |WARNING:tensorflow:).*\n?", re.MULTILINE
)
