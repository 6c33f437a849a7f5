"""The Python peers. Reads requests, a JSON object a line; writes an answer each: {"ok": ..} or {"error": ..}.

{"prepare": function, "args": {..}} calls a function below, whose result is the work, and answers the work's number;
{"run": number} does it and answers the seconds it took; {"forget": true} drops all work.
"""

import gc
import importlib
import io
import json
import os
import sys
import time
import traceback

modules = {}
for name in ["numpy", "pandas", "polars", "pyarrow", "npy-append-array", "s3fs"]:
    try:
        module = importlib.import_module(name.replace("-", "_"))
        modules[name] = getattr(module, "__version__", "?")
        globals()[name.replace("-", "_")] = module
    except ImportError:
        modules[name] = None
if modules["numpy"]:
    import numpy as np


# npy/

def numpy_npy_read(path):
    return lambda: np.load(path)


def numpy_npy_read_native(path):
    """Into native byte order, as ours is read."""
    def work():
        array = np.load(path)
        return array.astype(array.dtype.newbyteorder("="))
    return work


def numpy_npy_write(source, path, view):
    array = np.load(source)
    if view == "strided":
        array = array[..., ::2]
    elif view == "permuted":
        array = array.transpose(2, 0, 1)
    return lambda: np.save(path, array)


def numpy_npy_small(count, length):
    files = []
    for i in range(count):
        file = io.BytesIO()
        np.save(file, np.arange(length, dtype="f8") + i)
        files.append(file.getvalue())
    return lambda: [np.load(io.BytesIO(file)) for file in files]


# record/

def numpy_record_write(source, path):
    array = np.load(source)
    return lambda: np.save(path, array)


def numpy_strings_write(source, path):
    strings = np.load(source).tolist()
    return lambda: np.save(path, np.array(strings))


def numpy_strings_read(path):
    return lambda: np.load(path).tolist()


# npz/

def numpy_npz_write(sources, path, compressed):
    arrays = {name: np.load(source) for name, source in sources.items()}
    save = np.savez_compressed if compressed else np.savez
    return lambda: save(path, **arrays)


def numpy_npz_read(path):
    def work():
        with np.load(path) as archive:
            return [archive[name] for name in archive.files]
    return work


def numpy_npz_many(path, count, length):
    arrays = {f"member_{i}": np.arange(length, dtype="f8") + i for i in range(count)}

    def work():
        np.savez(path, **arrays)
        with np.load(path) as archive:
            return [archive[name] for name in archive.files]
    return work


# text/

def numpy_text_load(path, kind, threads=None):
    return lambda: np.loadtxt(path, dtype=kind)


def pandas_text_load(path, kind, threads=None):
    return lambda: pandas.read_csv(path, sep=" ", header=None, dtype=kind).to_numpy()


def polars_text_load(path, kind, threads=None):
    schema = {"<f8": polars.Float64, "<i8": polars.Int64}[kind]
    columns = open(path).readline().count(" ") + 1
    schema = {f"c{i}": schema for i in range(columns)}
    return lambda: polars.read_csv(path, separator=" ", has_header=False, schema=schema).to_numpy()


def pyarrow_text_load(path, kind, threads=None):
    from pyarrow import csv
    columns = open(path).readline().count(" ") + 1
    names = [f"c{i}" for i in range(columns)]
    type_ = {"<f8": pyarrow.float64(), "<i8": pyarrow.int64()}[kind]

    def work():
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=names, use_threads=threads != 1),
            parse_options=csv.ParseOptions(delimiter=" "),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, type_)),
        )
        return np.stack([column.to_numpy() for column in table.columns], axis=1)
    return work


def numpy_text_save(source, path, fmt):
    array = np.load(source)
    return lambda: np.savetxt(path, array, fmt=fmt)


def polars_text_save(source, path):
    frame = polars.DataFrame(np.load(source))
    return lambda: frame.write_csv(path, include_header=False, separator=" ")


def numpy_text_gen(path, kind):
    return lambda: np.genfromtxt(path, delimiter=",", dtype=kind)


def pandas_text_gen(path, kind):
    return lambda: pandas.read_csv(path, header=None, na_values=["", "N/A"], dtype=kind).to_numpy()


def polars_text_gen(path, kind):
    columns = open(path).readline().count(",") + 1
    schema = {f"c{i}": polars.Float64 for i in range(columns)}
    return lambda: polars.read_csv(path, has_header=False, schema=schema, null_values=["N/A"]).to_numpy()


def pyarrow_text_gen(path, kind):
    from pyarrow import csv
    columns = open(path).readline().count(",") + 1
    names = [f"c{i}" for i in range(columns)]

    def work():
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=names),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pyarrow.float64()), null_values=["", "N/A"]
            ),
        )
        return np.stack([column.to_numpy() for column in table.columns], axis=1)
    return work


def numpy_text_infer(path):
    return lambda: np.genfromtxt(path, delimiter=",", dtype=None, names=True, encoding="utf-8")


def pandas_text_infer(path):
    return lambda: pandas.read_csv(path)


def polars_text_infer(path):
    return lambda: polars.read_csv(path)


# map/, append/

def numpy_map_open(path):
    return lambda: np.load(path, mmap_mode="r")[-1]


def npy_append_array_blocks(path, source, count, rows):
    """Starts from the same file each time; the copy is not timed, as ours is not."""
    import shutil
    block = np.zeros((rows, 8))

    def before():
        shutil.copy(source, path)

    def work():
        with npy_append_array.NpyAppendArray(path) as file:
            for _ in range(count):
                file.append(block)
    work.before = before
    return work


# remote/

def s3_files(endpoint, key, secret):
    # A new one each time would look up its credentials anew.
    return s3fs.S3FileSystem(key=key, secret=secret, endpoint_url=endpoint, client_kwargs={"region_name": "us-east-1"})


def s3fs_load_open(endpoint, key, secret, path):
    """As a file, which is read ahead."""
    files = s3_files(endpoint, key, secret)

    def work():
        with files.open(path) as file:
            return np.load(file)
    return work


def s3fs_load_bytes(endpoint, key, secret, path):
    """By one request, into memory, then loaded from there."""
    files = s3_files(endpoint, key, secret)
    return lambda: np.load(io.BytesIO(files.cat_file(path)))


def answer(request, works):
    if "prepare" in request:
        works.append(globals()[request["prepare"]](**request["args"]))
        return len(works) - 1
    if "run" in request:
        work = works[request["run"]]
        getattr(work, "before", lambda: None)()
        start = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - start
        del result
        return seconds
    works.clear()
    gc.collect()


def main():
    requests, answers = sys.stdin, os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a module prints must not get into the answers
    print(json.dumps(modules), file=answers, flush=True)
    works = []
    for line in requests:
        try:
            reply = {"ok": answer(json.loads(line), works)}
        except Exception:
            reply = {"error": traceback.format_exc()}
        print(json.dumps(reply), file=answers, flush=True)


main()
