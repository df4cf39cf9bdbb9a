"""Hodge numbers of complete intersection Calabi-Yau fourfolds: exact, and learned."""

from importlib import import_module

_HOME = {
    "HodgeNumbers": "hodge",
    "hodge_numbers": "hodge",
    "hodge_numbers_batch": "hodge",
    "euler_number": "hodge",
    "canonical": "configuration",
    "classify": "classification",
    "load_cicy4": "dataset",
    "load_splits": "dataset",
    "build_model": "models",
    "load_models": "inference",
    "predict": "inference",
}
__all__ = list(_HOME)


def __getattr__(name):
    # Keras and TensorFlow take seconds to import; the solver does not need them.
    if name in _HOME:
        return getattr(import_module(f"cicy4.{_HOME[name]}"), name)
    raise AttributeError(f"module 'cicy4' has no attribute {name!r}")
