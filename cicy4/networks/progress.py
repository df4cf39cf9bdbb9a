"""Signs of life of a long prediction; the inference notebook holds the text of this class."""

import sys
import time

import keras


class Progress(keras.callbacks.Callback):
    """Says every few seconds on the standard error how far a prediction is.

    Args:
        name: of what predicts.
    """

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.began = self.said = time.time()

    def on_predict_batch_end(self, batch, logs=None):
        now, share = time.time(), (batch + 1) / self.params["steps"]
        if now - self.said > 5:
            self.said, passed = now, now - self.began
            left = f"{passed:.0f} s, {passed / share - passed:.0f} s left"
            print(f"{self.name}: {share:.0%}, {left}", file=sys.stderr, flush=True)
