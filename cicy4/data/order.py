"""The orders of rows and columns in which networks find a configuration, by name.

An order is a function that takes canonical matrices, uint8 ``(N, 16, 20)``, and returns them with
rows and columns in other places.  Since it starts from the canonical form, the result does not
depend on how a matrix was written down.  Zero rows come first: a recurrent network keeps its last
output, so the rows that carry information come last.

*connectivity* (:mod:`cicy4.data.connectivity`), that of the networks of the repository, depends on
which rows meet which columns; *canonical* leaves rows and columns as they are.
"""

import numpy as np

from cicy4.data.connectivity import connectivity_order


def canonical_order(matrices):
    """Canonical matrices with their zero rows first."""
    zero_first = np.argsort(matrices.any(axis=2), axis=1, kind="stable")
    return np.take_along_axis(matrices, zero_first[..., None], axis=1)


ORDERS = {
    "connectivity": connectivity_order,
    "canonical": canonical_order,
}
DEFAULT_ORDER = "connectivity"
