"""Writes the files of the examples. Those in the repository were written by NumPy 2.4.6 on x86-64 Linux."""

from pathlib import Path

import numpy as np

here = Path(__file__).parent
rng = np.random.default_rng(1908)

# A year of hourly temperatures in degrees Celsius, a row a day: Fortran order, single precision.
day = np.arange(365)[:, None]
hour = np.arange(24)[None, :]
season = -9.5 * np.cos(2 * np.pi * (day - 15) / 365)
time_of_day = -4.0 * np.cos(2 * np.pi * (hour - 3) / 24)
temperature = 10.0 + season + time_of_day + rng.normal(0.0, 1.5, (365, 24)).round(1)
np.save(here / "temperature.npy", np.asfortranarray(temperature.astype("<f4")))

# An electrocardiogram's worth of samples as an instrument wrote them: big-endian.
t = np.linspace(0.0, 4.0, 1000)
beat = np.exp(-(((t % 0.8) - 0.3) ** 2) / 0.0008)
np.save(here / "signal.npy", (1.2 * beat + 0.05 * np.sin(50 * 2 * np.pi * t)).astype(">f8"))

# An image of 48 x 64 pixels and three colours: bytes.
y, x = np.mgrid[0:48, 0:64]
image = np.stack([x * 4, y * 5, (x - 32) ** 2 // 5 + (y - 24) ** 2 // 5], axis=-1)
np.save(here / "image.npy", image.clip(0, 255).astype("u1"))

# Stations: a structured dtype.
stations = np.array(
    [(1, "Uppsala", (59.86, 17.64), 24.0), (2, "De Bilt", (52.10, 5.18), np.nan), (3, "Säntis", (47.25, 9.34), 2501.0)],
    dtype=[("id", "<u4"), ("name", "<U8"), ("position", "<f8", (2,)), ("height", "<f4")],
)
np.save(here / "stations.npy", stations)

# Measurements of 60 penguins of three kinds, as a table: bill length and depth in mm, flipper length in mm, mass in g.
kinds = {"Adelie": (38.8, 18.3, 190.0, 3700.0), "Chinstrap": (48.8, 18.4, 196.0, 3733.0), "Gentoo": (47.5, 15.0, 217.0, 5076.0)}
lines = ["bill_length,bill_depth,flipper_length,mass,kind"]
for kind, means in kinds.items():
    for bill, depth, flipper, mass in rng.normal(means, (2.8, 1.1, 6.5, 420.0), (20, 4)):
        lines.append(f"{bill:.1f},{depth:.1f},{flipper:.0f},{round(mass / 25) * 25},{kind}")
(here / "penguins.csv").write_text("\n".join(lines) + "\n")
