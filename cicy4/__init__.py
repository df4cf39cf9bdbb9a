"""Hodge numbers of complete intersection Calabi-Yau fourfolds: exact, and learned."""

from importlib import import_module as _import_module

__version__ = "1.0.0"

_HOME = {
    "HodgeNumbers": "geometry.hodge",
    "hodge_numbers": "geometry.hodge",
    "hodge_numbers_batch": "geometry.hodge",
    "euler_number": "geometry.euler",
    "reduce": "geometry.reduction",
    "identify": "data.identification",
    "canonical": "geometry.canonical_form",
    "classify": "geometry.classification",
    "topology": "geometry.topology",
    "line_bundle_cohomology": "geometry.topology",
    "obvious_fibrations": "geometry.topology",
    "load_cicy4": "data.archive",
    "load_splits": "data.splits",
    "build_model": "networks.architectures",
    "load_ensemble": "networks.prediction",
    "load_network": "networks.prediction",
    "network_input": "networks.models",
}
__all__ = list(_HOME)


def __dir__():
    return sorted([*globals(), *__all__])


def __getattr__(name):
    # Keras and TensorFlow take seconds to import; the solver does not need them.
    if name in _HOME:
        return getattr(_import_module(f"cicy4.{_HOME[name]}"), name)
    raise AttributeError(f"module 'cicy4' has no attribute {name!r}")
