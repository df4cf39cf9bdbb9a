"""The orders of rows and columns in which networks find a configuration, by name.

An order is a function that takes canonical matrices, uint8 ``(N, 16, 20)``, and returns them with
rows and columns in other places.  Since it starts from the canonical form, the result does not
depend on how a matrix was written down.  Zero rows come first: a recurrent network keeps its last
output, so the rows that carry information come last.

*connectivity* (:mod:`cicy4.data.connectivity`), that of the networks of the repository, knows only
which rows meet which columns, *reading* (:mod:`cicy4.data.reading`) gives a part of the answer
away, *canonical* leaves rows and columns as they are.  The others (:mod:`cicy4.data.other_orders`)
are what connectivity is compared with.
"""

import numpy as np

from cicy4.data import other_orders
from cicy4.data.connectivity import connectivity_order
from cicy4.data.reading import reading_order


def canonical_order(matrices):
    """Canonical matrices with their zero rows first."""
    zero_first = np.argsort(matrices.any(axis=2), axis=1, kind="stable")
    return np.take_along_axis(matrices, zero_first[..., None], axis=1)


ORDERS = {
    "connectivity": connectivity_order,
    "canonical": canonical_order,
    "reading": reading_order,
    **other_orders.ORDERS,
}
DEFAULT_ORDER = "connectivity"
