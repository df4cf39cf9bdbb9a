"""What editors and type checkers see of the names that are imported when they are used."""

from cicy4.data.archive import load_cicy4 as load_cicy4
from cicy4.data.identification import identify as identify
from cicy4.data.splits import load_splits as load_splits
from cicy4.geometry.canonical_form import canonical as canonical
from cicy4.geometry.classification import classify as classify
from cicy4.geometry.euler import euler_number as euler_number
from cicy4.geometry.hodge import HodgeNumbers as HodgeNumbers
from cicy4.geometry.hodge import hodge_numbers as hodge_numbers
from cicy4.geometry.hodge import hodge_numbers_batch as hodge_numbers_batch
from cicy4.geometry.reduction import reduce as reduce
from cicy4.geometry.topology import line_bundle_cohomology as line_bundle_cohomology
from cicy4.geometry.topology import obvious_fibrations as obvious_fibrations
from cicy4.geometry.topology import topology as topology
from cicy4.networks.architectures import build_model as build_model
from cicy4.networks.models import network_input as network_input
from cicy4.networks.prediction import load_ensemble as load_ensemble
from cicy4.networks.prediction import load_network as load_network

__version__: str
