"""Writes can_cast.txt: the least casting rule under which numpy.can_cast allows each pair of dtypes.

Run it as `python can_cast.py > can_cast.txt`. After the version come the dtypes, one a line, then a line for each of
them with a character for each target: 0 to 4 for the rules in order, x for no rule at all.
"""

import numpy as np
from numpy.lib.format import descr_to_dtype

RULES = ["no", "equiv", "safe", "same_kind", "unsafe"]

DTYPES = [
    # numbers
    "|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<f16", "<c8", "<c16", "<c32",
    ">i2", ">i8", ">u4", ">f2", ">f8", ">c8",
    # text, bytes, raw bytes, objects
    "|S0", "|S1", "|S3", "|S4", "|S5", "|S20", "|S21", "|S32", "|S48", "|S64", "|S96", "<U0", "<U1", "<U3", "<U4", "<U5",
    ">U5", ">U0", "<U11", "<U32", "<U64", "|V0", "|V1", "|V4", "|V8", "|V20", "|V32", "|O",
    # times
    "<M8", "<M8[Y]", "<M8[2Y]", "<M8[M]", "<M8[W]", "<M8[D]", "<M8[s]", ">M8[s]", "<M8[25s]", "<M8[ms]", "<M8[100ns]",
    "<M8[ns]", "<M8[as]", "<m8", "<m8[Y]", "<m8[6M]", "<m8[M]", "<m8[D]", "<m8[s]", ">m8[s]", "<m8[5s]", "<m8[ns]",
    # records
    "[]", "[('', '|V8')]", "[('a', '<i4')]", "[('a', '>i4')]", "[('b', '<i4')]", "[('a', '<f8')]", "[('a', '<i2')]",
    "[(('T', 'a'), '<i4')]", "[('', '|V4'), ('a', '<i4')]", "[('a', '<i4'), ('', '|V4')]", "[('a', '|S5')]",
    "[('a', '|S0')]", "[('a', '<U0')]", "[('a', '|V0')]", "[('a', '|O')]", "[('a', [('b', '<i4')])]",
    "[('a', [('b', '<i4'), ('c', '<f8')])]", "[('a', [])]", "[('a', '<i4'), ('b', '<f8')]",
    "[('b', '<f8'), ('a', '<i4')]", "[('x', '<i4'), ('y', '<f8')]", "[('a', '<i4'), ('', '|V4'), ('b', '<f8')]",
    "[('a', '<i4', (2,))]", "[('a', '<f8', (2,))]", "[('a', '<i4', (3,))]", "[('a', '<M8[s]')]",
    # subarrays
    "('<i4', (2,))", "('>i4', (2,))", "('<i4', (1,))", "('<f8', (2,))", "('<i4', (2, 3))", "('<i4', (0,))",
    "([('a', '<i4')], (2,))", "([('a', '<i4'), ('b', '<f8')], (2,))", "(('<i4', (2,)), (2,))", "('|S5', (2,))",
]


def dtype(descr):
    return descr_to_dtype(eval(descr) if descr[0] in "[(" else descr)


def level(source, target):
    allowed = [np.can_cast(source, target, casting=rule) for rule in RULES]
    assert allowed == sorted(allowed)
    return str(allowed.index(True)) if any(allowed) else "x"


print("numpy", np.__version__)
print(len(DTYPES))
print("\n".join(DTYPES))
for source in DTYPES:
    print("".join(level(dtype(source), dtype(target)) for target in DTYPES))
