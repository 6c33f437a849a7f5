"""Writes the stacks beside it by Dask: python generate.py, with NumPy and Dask."""

import os
import shutil

import dask.array as da
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def write(name, array, axis):
    path = os.path.join(here, name)
    shutil.rmtree(path, ignore_errors=True)
    da.to_npy_stack(path, array, axis=axis)


# Along the first axis; the last chunk is shorter.
write("rows", da.from_array(np.arange(7 * 3, dtype="<f8").reshape(7, 3), chunks=(3, 3)), 0)
# Along the second one, big-endian, in Fortran order but for the last chunk, whose one column is in both.
write("columns", da.from_array(np.arange(5 * 4, dtype=">i4").reshape(5, 4), chunks=(2, 4)).T, 1)
# Records, padded as C pads them.
records = np.zeros(5, np.dtype([("id", "u1"), ("pos", "<f4", (2,)), ("name", "U3")], align=True))
records["id"] = np.arange(5)
records["pos"] = np.arange(10).reshape(5, 2) / 2
records["name"] = ["a", "bc", "def", "é", ""]
write("records", da.from_array(records, chunks=2), 0)
