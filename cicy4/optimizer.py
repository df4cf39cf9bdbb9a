"""Muon for networks that have convolutions beside their recurrent layers."""

import keras


class Muon(keras.optimizers.Muon):
    """Muon that trains convolutions at a fraction of its rate.

    It leaves their kernels, which have four dimensions, to Adam, for which its rates are
    far too high: within an epoch nearly every ReLU of the branch is off for every matrix,
    and stays so.

    Args:
        convolution_rate: of convolutions, as a fraction of the common rate.
        arguments, options: see ``keras.optimizers.Muon``.
    """

    def __init__(self, *arguments, convolution_rate=1.0, **options):
        super().__init__(*arguments, **options)
        self.convolution_rate = convolution_rate

    def build(self, variables):
        """Find the variables of convolutions, by the default names of their layers."""
        super().build(variables)
        self.convolutions = {self._get_variable_index(v) for v in variables if "conv2d" in v.path}

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable."""
        if self._get_variable_index(variable) in self.convolutions:
            learning_rate = self.convolution_rate * learning_rate
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        """What makes the same optimizer again."""
        return {**super().get_config(), "convolution_rate": self.convolution_rate}
