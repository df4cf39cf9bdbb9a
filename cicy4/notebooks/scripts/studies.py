# %% [markdown]
# # What the results are due to
#
# Networks here differ from the published ones (arXiv:2405.17406) in input, order of rows and
# columns, second output, optimizer and loss at once. Each section changes one thing, and compares
# runs on the validation split. A table has means over seeds; *±* is the standard error of the mean
# of the weighted error, 4 |h11| + 4 |h21| + |h31| + |h22| / 4, divided by four. Other columns are
# per cent right: each output rounded alone, and all four with the exact Euler number.
#
# `make study NAME=orders` makes the runs of a study that are missing. Their records are in
# `Results_p3_Studies`, and `cicy4/results/studies.py` says what each run changes.

# %%
import matplotlib.pyplot as plt

from cicy4.results.plots import plot_variants
from cicy4.results.studies import scores, table

# %% [markdown]
# ## Which order of rows and columns?
#
# An order must not tell the answer. The *reading* order does: it puts a column first that exists
# exactly if h21 > 0. Of the others, *canonical* sorts rows and columns by their entries, and the
# rest know only which rows meet which columns. LSTM-128 sees 814,080 samples, or 3.9 million in the
# runs of 24 epochs.

# %%
table("orders").round(3)

# %%
_ = plot_variants(scores("orders"))
plt.show()

# %% [markdown]
# ## Which rate for which cell?
#
# LSTM-128 and GRU-128 with rows and columns ordered by connectivity, twelve epochs in batches of
# 512, one seed each. The best rate of each cell is that of the networks of the repository that read
# this order.

# %%
table("rates").round(3)
