"""All orders of rows and columns, by name: those of the library, and those that studies compare.

*reading* (:mod:`tools.studies.reading`) leaks a part of the labels; the others
(:mod:`tools.studies.other_orders`) know only which rows meet which columns, as connectivity does.
"""

from cicy4.data.order import ORDERS
from tools.studies import other_orders
from tools.studies.reading import reading_order

# Where splits are written and networks are given their input, orders are found by name.
ORDERS |= {"reading": reading_order, **other_orders.ORDERS}
