# %% [markdown]
# # The CICY fourfolds and their three splits
#
# Every irreducible complete intersection Calabi-Yau fourfold, 905,684 of them, with exact Hodge
# numbers: what the list looks like, and how it is cut into training, validation and test split.
# `make dataset` regenerates the list from first principles.

# %% tags=["parameters"]
SOURCE = None  # a folder with the six public files; by default the list of this repository is cut
SPLITS = "splits"  # folder for the splits, relative to this notebook
ORDER = "connectivity"  # of rows and columns; the networks of the repository read this one

# %%
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# On Kaggle the package comes with an attached data set.
sys.path += [str(path.parents[1]) for path in Path("/kaggle/input").rglob("cicy4/__init__.py")]
from cicy4 import HodgeNumbers, hodge_numbers, load_cicy4
from cicy4.data.splits import load_splits, read_manifest, up_to_date, write_splits
from cicy4.geometry.configuration import column_counts, row_counts, unpad
from cicy4.geometry.line_bundles import equation_cohomology
from cicy4.geometry.hodge import euler_from_hodge
from tools.plots import LABELS, plot_distributions

# %% [markdown]
# ## The list

# %%
matrices, hodge, _ = load_cicy4()
print(f"{len(matrices):,} matrices")
print(f"{row_counts(matrices).max()} x {column_counts(matrices).max()} at most")
table = pd.DataFrame(hodge, columns=HodgeNumbers._fields)
table.assign(Euler=euler_from_hodge(hodge.astype(int))).describe()

# %%
_ = plot_distributions({"list": hodge})

# %% [markdown]
# ## The splits
#
# A seeded permutation of the list is cut in three. Rows and columns of each matrix are brought into
# the chosen order, and everything else that training needs is computed once.

# %%
if SOURCE or not up_to_date(SPLITS, order=ORDER):
    write_splits(SPLITS, SOURCE, ORDER)
manifest = read_manifest(SPLITS)
pd.DataFrame(manifest["files"]).T.drop(columns="sha256")

# %% [markdown]
# One manifold: its configuration matrix in this order, its exact Hodge numbers, and h^0, h^1 and
# h^2 of the line bundle of each of its equations. They add up to those of the normal bundle.

# %%
few, exact = (array[:1] for array in load_splits(SPLITS)["test"])
q = unpad(few[0])
print(q, hodge_numbers(q), exact[0])
pd.DataFrame(equation_cohomology(few)[0], columns=["h^0", "h^1", "h^2"]).T
