"""Answers calls of np.loadtxt and np.genfromtxt, both written in the form of the recorded cases (their README is in
corpus.tar.gz). Live tests run it in their Python process, tables/record.py over the tables beside it.
"""

import base64
import io
import tempfile
import warnings

import numpy as np

# Each takes text and gives a number; in Rust, text for one.
CONVERTERS = {
    "percent": lambda text: float(text.rstrip("%")),
    "comma": lambda text: float(text.replace(";", ".")),
}


def dtype(recorded):
    if isinstance(recorded, str):
        return np.dtype(recorded)
    if "base" in recorded:
        return np.dtype((dtype(recorded["base"]), tuple(recorded["shape"])))
    return np.dtype({**recorded, "formats": [dtype(format) for format in recorded["formats"]]})


def structure(dtype):
    if dtype.subdtype:
        return {"base": structure(dtype.base), "shape": dtype.shape}
    if dtype.names is None:
        return dtype.str
    fields = [dtype.fields[name] for name in dtype.names]
    return {
        "names": dtype.names,
        "formats": [structure(field[0]) for field in fields],
        "offsets": [field[1] for field in fields],
        "itemsize": dtype.itemsize,
    }


def value(encoded):
    if not isinstance(encoded, dict):
        return encoded
    [(kind, content)] = encoded.items()
    match kind:
        case "$dtype":
            return dtype(content)
        case "$tuple":
            return tuple(value(item) for item in content)
        case "$list":
            return [value(item) for item in content]
        case "$dict":
            return {value(key): value(item) for key, item in content}
        case "$float":
            return float(content)
        case "$converter":
            return CONVERTERS[content]


def content(a):
    """The bytes in hexadecimal; those that long doubles do not use are zero."""
    data = bytearray(np.asarray(a).tobytes())
    if a.dtype in ("f16", "c32"):
        for start in range(0, len(data), 16):
            data[start + 10 : start + 16] = bytes(6)
    return data.hex()


def array(a):
    recorded = {"type": "ndarray", "dtype": structure(a.dtype), "shape": a.shape, "hex": content(a)}
    if isinstance(a, np.ma.MaskedArray):
        recorded.update(type="masked", hex=content(a.data), mask=array(np.ma.getmaskarray(a)))
    return recorded


def call(case):
    function = getattr(np, case["fn"])
    kwargs = {name: value(encoded) for name, encoded in case["kwargs"].items()}
    given = case["input"]
    if given["kind"] == "stringio":
        text = given["text"]["utf8"]
        file = io.StringIO(text, newline=None)
        results = function(file, **kwargs)
        if "\r" not in text:
            given["pos_after"] = file.tell()
        return results
    data = base64.b64decode(given["data"]["b64"])
    if given["kind"] == "bytesio":
        return function(io.BytesIO(data), **kwargs)
    with tempfile.NamedTemporaryFile(suffix=given["suffix"]) as file:
        file.write(data)
        file.flush()
        return function(file.name, **kwargs)


def answer(case):
    """The outcome of a case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            results = call(case)
        except Exception as error:
            return {"kind": "error", "class": type(error).__name__, "message": str(error)}
    if isinstance(results, list):
        return {"kind": "ok", "results": [array(a) for a in results], "results_list": True}
    return {"kind": "ok", "results": [array(results)]}
