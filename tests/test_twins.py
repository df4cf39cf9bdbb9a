import numpy as np

from cicy4 import identify
from cicy4.data.archive import load_twins
from cicy4.data.identification import places, split_names
from cicy4.data.splits import split_indices
from cicy4.data.twins import other_contractions
from cicy4.geometry.canonical_form import canonical
from cicy4.geometry.configuration import ambient, incidence, pad_all, unpad
from cicy4.geometry.contraction import contract, is_ineffective
from cicy4.geometry.reduction import reduce

# Contracts ineffectively by its third row, and by another one, to different members.
SPLIT = np.array(
    [[4, 0, 0, 0], [0, 1, 1, 1], [1, 0, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]],
    np.uint8,
)


def ineffective_contractions(q):
    """The members that a matrix contracts to by each of its ineffective rows, as places."""
    n, (_, column_rows) = ambient(q), incidence(q)
    rows = [r for r in range(len(q)) if q[r].max() == 1 and is_ineffective(q, r, n, column_rows)]
    return places(pad_all([reduce(contract(q, row)).matrix for row in rows]))


def test_one_matrix_contracts_to_two_members():
    members = set(ineffective_contractions(SPLIT) + 1)
    assert members == {1094, 1401}


def test_twins_have_the_same_hodge_numbers(cicy4):
    """By theorem, and a check of both computations; a class is named by its least number."""
    number, twin_class = load_twins()
    assert np.array_equal(cicy4[1][number - 1], cicy4[1][twin_class - 1])
    assert (np.diff(number) > 0).all() and number.min() >= 1 and number.max() <= len(cicy4[0])
    classes, sizes = np.unique(twin_class, return_counts=True)
    assert sizes.min() >= 2 and np.isin(classes, number).all()
    assert np.array_equal(np.sort(number[number == twin_class]), classes)


def test_random_splittings_of_members_contract_within_a_class(cicy4):
    """Found by splitting columns at random, and not by the enumeration."""
    number, twin_class = load_twins()
    class_of = np.arange(len(cicy4[0]) + 1)
    class_of[number] = twin_class
    rng, met = np.random.default_rng(0), 0
    for i in rng.permutation(len(cicy4[0]))[:6000]:
        q = unpad(cicy4[0][i])
        a = rng.integers(q.shape[1])
        part = rng.binomial(q[:, a], 0.5).astype(np.uint8)
        if part.any() and (part < q[:, a]).any():
            child = np.column_stack([np.delete(q, a, 1), part, q[:, a] - part])
            child = np.vstack([child, np.zeros(child.shape[1], np.uint8)])
            child[-1, -2:] = 1
            n, (_, column_rows) = ambient(child), incidence(child)
            if is_ineffective(child, len(q), n, column_rows):
                found = ineffective_contractions(child) + 1
                assert set(class_of[found]) == {class_of[i + 1]}
                met += len(set(found)) > 1
    assert met > 5


def test_twins_are_found_from_a_few_members(cicy4):
    """Those of two known twins and of what they lead to."""
    index, others = other_contractions(cicy4[0][[1093, 1400]])
    assert set(places(others[index == 0]) + 1) >= {1401}
    assert set(places(others[index == 1]) + 1) >= {1094}
    assert np.array_equal(canonical(others), others)


def test_identify_names_the_twins(cicy4):
    [member] = identify(SPLIT).members
    [other] = identify(unpad(cicy4[0][1400 if member.number == 1094 else 1093])).members
    assert {member.number, other.number} == {1094, 1401}
    assert other.number in member.twins and member.number in other.twins
    assert identify([[6]]).members[0].twins == ()


def test_a_twin_in_training_is_said():
    number, twin_class = load_twins()
    train = set((split_indices()["train"] + 1).tolist())
    names = split_names(number[:5000] - 1)
    for one, name in zip(number[:5000].tolist(), names, strict=True):
        twins = set(number[twin_class == twin_class[number == one]].tolist()) - {one}
        told = "train" if one in train else "train (twin)" if twins & train else None
        assert name == told or (told is None and name in {"valid", "test"})
