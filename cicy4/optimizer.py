"""Muon for networks that have convolutions beside their recurrent layers."""

import keras


class Muon(keras.optimizers.Muon):
    """Muon that trains convolutions at a fraction of its rate.

    It leaves their kernels, which have four dimensions, to Adam, and the rates of Muon are
    too high for that: within an epoch every ReLU of the branch is off for every matrix,
    and stays so.
    """

    CONVOLUTIONS = 0.1

    def build(self, variables):
        """Find the variables of convolutions, by the default names of their layers."""
        super().build(variables)
        self.slow = {self._get_variable_index(v) for v in variables if "conv2d" in v.path}

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable."""
        if self._get_variable_index(variable) in self.slow:
            learning_rate = self.CONVOLUTIONS * learning_rate
        super().update_step(gradient, variable, learning_rate)
