"""Writes answers.jsonl: what np.loadtxt and np.genfromtxt make of the tables beside it, in the form of the recorded
cases. Run it as `python record.py`; the one in the repository was written by NumPy 2.4.6.

The tables are made up; their forms are those of files that people have: a weather service's CSV with codes for what is
missing, a buoy's columns under two commented lines, a catalogue of fixed columns with holes, an instrument's export
with a heading in latin1, monthly means with comments, a shop's list with ragged rows and a total at its end.
"""

import base64
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.append(str(HERE.parent))

import numpy as np  # noqa: E402
from answer import answer, structure  # noqa: E402

WEATHER = dict(delimiter=",", names=True, autostrip=True)
BUOY = dict(missing_values="MM", names=True)
STARS = dict(delimiter=(8, 10, 11, 7, 7, 9), comments=None)
CALLS = [
    ("genfromtxt", "weather.csv", dict(dtype=None, **WEATHER)),
    ("genfromtxt", "weather.csv", dict(dtype=None, missing_values="NA,-9999", usemask=True, **WEATHER)),
    ("genfromtxt", "weather.csv", dict(usecols=("tmax", "tmin", "rain"), missing_values={"rain": "-9999"}, usemask=True, **WEATHER)),
    ("genfromtxt", "weather.csv", dict(usecols=(2, 3), delimiter=",", skip_header=1, filling_values=-99.0)),
    ("genfromtxt", "weather.csv", dict(dtype="U12,M8[D],f4,f4,f4,U1", **WEATHER)),
    ("genfromtxt", "weather.csv", dict(usecols="tmax,tmin", unpack=True, loose=False, missing_values="NA", **WEATHER)),
    ("genfromtxt", "buoy.txt", dict(dtype=None, **BUOY)),
    ("genfromtxt", "buoy.txt", dict(usecols=("WVHT", "WSPD", "WTMP"), usemask=True, **BUOY)),
    ("genfromtxt", "buoy.txt", dict(max_rows=3, filling_values={8: 0}, missing_values="MM", dtype=float)),
    ("genfromtxt", "stars.txt", dict(dtype=None, autostrip=True, **STARS)),
    ("genfromtxt", "stars.txt", dict(dtype=None, usemask=True, names="id,ra,dec,v,bv,type", autostrip=True, **STARS)),
    ("genfromtxt", "stars.txt", dict(usecols=(3, 4), filling_values=(9.99, -9.99), **STARS)),
    ("genfromtxt", "spectrum.txt", dict(delimiter="\t", skip_header=4, encoding="latin1", names=True, deletechars="")),
    ("genfromtxt", "spectrum.txt", dict(delimiter="\t", skip_header=5, dtype=None, encoding="latin1", comments=None)),
    ("loadtxt", "spectrum.txt", dict(delimiter="\t", skiprows=5, usecols=(0, 1), encoding="latin1")),
    ("genfromtxt", "co2.txt", dict(dtype=None, missing_values={4: "-99.99"}, usemask=True)),
    ("genfromtxt", "co2.txt", dict(names="year,month,decimal,average,interpolated,days", dtype=None)),
    ("loadtxt", "co2.txt", dict(dtype=[("year", "i2"), ("month", "u1"), ("values", "f8", (3,)), ("days", "i1")])),
    ("loadtxt", "co2.txt", dict(usecols=(0, -1), dtype=int, unpack=True, ndmin=2)),
    ("genfromtxt", "shop.csv", dict(delimiter=";", dtype="i8,U12,f8,?", names=True, skip_footer=2, invalid_raise=False)),
    ("genfromtxt", "shop.csv", dict(delimiter=";", dtype=None, names=True, skip_footer=2, invalid_raise=False, usecols=(1, 3))),
    ("genfromtxt", "shop.csv", dict(delimiter=";", dtype=None, names=True, skip_footer=2)),
    ("genfromtxt", "shop.csv", dict(delimiter=";", usecols=(0, 2), skip_header=1, skip_footer=2)),
    ("genfromtxt", "shop.csv", dict(delimiter=";", usecols="price_€", names=True, skip_footer=2, invalid_raise=False, case_sensitive="lower")),
]


def encode(value):
    match value:
        case tuple():
            return {"$tuple": [encode(item) for item in value]}
        case dict():
            return {"$dict": [[encode(key), encode(item)] for key, item in value.items()]}
    return value


def encode_kwargs(kwargs):
    encoded = {name: encode(value) for name, value in kwargs.items() if name != "dtype"}
    if "dtype" in kwargs:
        dtype = kwargs["dtype"]
        encoded["dtype"] = None if dtype is None else {"$dtype": structure(np.dtype(dtype))}
    return encoded


with open(HERE / "answers.jsonl", "w") as answers:
    for number, (function, table, kwargs) in enumerate(CALLS):
        data = (HERE / table).read_bytes()
        case = {
            "id": f"{table} {number}",
            "fn": function,
            "input": {
                "kind": "path",
                "suffix": Path(table).suffix,
                "data": {"size": len(data), "b64": base64.b64encode(data).decode()},
            },
            "kwargs": encode_kwargs({"encoding": "utf-8", **kwargs}),
        }
        case["outcome"] = answer(case)
        print(case["id"], case["outcome"].get("message", case["outcome"].get("results", [{}])[0].get("shape")))
        # The table itself is read from its file.
        case["input"]["data"] = {"table": table}
        answers.write(json.dumps(case) + "\n")
