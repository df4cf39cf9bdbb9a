"""Compiles the solver, which two workers would otherwise do at once, and write to one cache.

Numba names a function's code in its index before it writes it, so that one of them could read what
an earlier version of the source left there.
"""

from cicy4.data.connectivity import connectivity_order
from cicy4.geometry.classification import classify_padded
from cicy4.geometry.configuration import pad
from cicy4.geometry.euler import euler_number_batch
from cicy4.geometry.hodge import hodge_numbers_batch
from cicy4.geometry.reduction import reduce

matrix = [[2, 1], [1, 2], [0, 3]]
reduce(matrix), classify_padded(2, progress=False)
for function in (hodge_numbers_batch, euler_number_batch, connectivity_order):
    function(pad(matrix)[None])
