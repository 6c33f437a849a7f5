"""Computes the mean of each column of a stack on a cluster of its own: python column_means.py STACK RESULT.npy

It needs dask and distributed. Scheduler and workers are processes that listen on this machine's loopback only.
"""

import sys

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster


def main(stack, result):
    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    )
    with cluster, Client(cluster) as client:
        array = da.from_npy_stack(stack)
        workers = len(client.scheduler_info()["workers"])
        print(f"Dask: {array.shape} of {array.dtype} in {array.npartitions} chunks, on {workers} workers")
        np.save(result, array.mean(axis=0).compute())


if __name__ == "__main__":  # the workers import this file
    main(*sys.argv[1:])
