//! What is shown of a run: `results/` beside this file, with its figure, and the table in the README.
//!
//! `cargo bench -p peers` leaves `target/peers.jsonl` and `target/peers-run.json`; `cargo bench -p peers -- --publish`
//! copies both to `results/`, draws `results/peers.svg` from them and writes the README's table, so that neither can say
//! anything else than the run did.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plotters::prelude::{
    BLACK, Color, DrawingBackend, IntoDrawingArea, IntoFont, PathElement, RGBColor, Rectangle, SVGBackend, Text, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{ShapeStyle, TextStyle};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::timing::Result;

/// The cases that are shown, and what they are in words. All others are in `results/peers.jsonl`.
const SHOWN: [(&str, &str); 21] = [
    ("npy/read/f64", "read a .npy file"),
    ("npy/write/f64", "write a .npy file, replacing one"),
    ("npy/write/strided", "write every second column"),
    ("npy/read/big-endian", "read big-endian floats"),
    ("npy/small", "read many small arrays"),
    ("record/write", "write an array of structs"),
    ("record/read", "read an array of structs"),
    ("npz/stored/write", "write a .npz archive"),
    ("npz/stored/read", "read a .npz archive"),
    ("npz/deflate/write/ints", "deflate integers"),
    ("npz/deflate/read/eight", "inflate eight members"),
    ("npz/many", "10 000 small members"),
    ("text/load/f64/18e", "loadtxt, 19 digits"),
    ("text/load/f64/shortest", "loadtxt, shortest floats"),
    ("text/load/i64", "loadtxt, integers"),
    ("text/save/18e", "savetxt, 19 digits"),
    ("text/gen/f64", "genfromtxt, 5% missing"),
    ("text/gen/infer", "genfromtxt, types inferred"),
    ("map/open", "open a memory map"),
    ("append/rows", "append row by row"),
    ("append/blocks", "append by blocks"),
];

/// A line of `peers.jsonl`.
#[derive(Deserialize)]
struct Pair {
    case: String,
    peer: String,
    ours_s: f64,
    ratio: f64,
    bytes: u64,
}

/// Where and when a run was, and of what.
#[derive(Deserialize, Serialize)]
pub struct Run {
    date: String,
    machine: String,
    cores: usize,
    system: String,
    rust: String,
    /// A tenth of the sizes, or only some of the cases.
    partial: bool,
    versions: BTreeMap<String, String>,
}

impl Run {
    /// This one; `modules` are those of Python and their versions.
    pub fn now(partial: bool, modules: &Value) -> Run {
        let mut versions = locked(&["ndarray-npy", "npyz", "csv"]);
        versions.insert(
            "ndarray-io".to_owned(),
            output("git", &["describe", "--always", "--dirty"]),
        );
        for (module, version) in modules.as_object().into_iter().flatten() {
            if let Some(version) = version.as_str().filter(|version| *version != "?") {
                versions.insert(module.clone(), version.to_owned());
            }
        }
        Run {
            date: output("date", &["-u", "+%Y-%m-%d"]),
            machine: machine(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: output("uname", &["-sr"]),
            rust: output("rustc", &["--version"]),
            partial,
            versions,
        }
    }

    pub fn write(&self, target: &Path) -> Result<()> {
        Ok(fs::write(run_file(target), serde_json::to_string_pretty(self)? + "\n")?)
    }

    fn line(&self) -> String {
        let versions: Vec<String> = self
            .versions
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        let extent = if self.partial {
            ", a short run on small data"
        } else {
            ""
        };
        format!(
            "{}{extent}; {}, {} cores, {}; {}; {}",
            self.date,
            self.machine,
            self.cores,
            self.system,
            self.rust,
            versions.join(", ")
        )
    }
}

fn run_file(target: &Path) -> PathBuf {
    target.join("peers-run.json")
}

/// What a command prints, or a question mark.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let printed = output.map_or(String::new(), |output| {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    });
    if printed.is_empty() { "?".to_owned() } else { printed }
}

fn machine() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| output("uname", &["-m"]), |(_, name)| name.trim().to_owned())
}

/// The versions that Cargo.lock has of these packages.
fn locked(names: &[&str]) -> BTreeMap<String, String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap_or_default();
    let version = |name: &str| {
        let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(after.split_once('"')?.0.to_owned())
    };
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), version(name)?)))
        .collect()
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Publishes the run that `target` holds.
pub fn publish(target: &Path) -> Result<()> {
    let jsonl = fs::read_to_string(target.join("peers.jsonl"))?;
    let run: Run = serde_json::from_str(&fs::read_to_string(run_file(target))?)?;
    let pairs = jsonl
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Pair>, _>>()?;
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    fs::create_dir_all(&results)?;
    fs::write(results.join("peers.jsonl"), &jsonl)?;
    run.write(&results)?;
    draw(&results.join("peers.svg"), &pairs, &run)?;

    let readme = root().join("README.md");
    let text = fs::read_to_string(&readme)?;
    let (before, rest) = text.split_once(BEGIN).ok_or("README.md has no place for the table")?;
    let (_, after) = rest.split_once(END).ok_or("README.md has no end of the table")?;
    fs::write(
        &readme,
        format!("{before}{BEGIN}\n{}\n{END}{after}", table(&pairs, &run)),
    )?;
    println!("{} pairs published in {} and README.md", pairs.len(), results.display());
    Ok(())
}

const GREY: RGBColor = RGBColor(110, 110, 110);
const INK: RGBColor = RGBColor(20, 20, 20);

const BEGIN: &str = "<!-- from `cargo bench -p peers -- --publish` -->";
const END: &str = "<!-- to here -->";

/// The pairs of a case; those with ourselves are left out.
fn of_case<'a>(pairs: &'a [Pair], case: &str) -> Vec<&'a Pair> {
    let theirs = pairs.iter().filter(|pair| pair.case == case && pair.peer != "ours-all");
    theirs.collect()
}

fn table(pairs: &[Pair], run: &Run) -> String {
    let mut lines = vec![
        "![The time that NumPy and others take for the same work, by ours](benches/peers/results/peers.svg)".to_owned(),
        String::new(),
        "| | here | time of the peer / ours |".to_owned(),
        "|---|---|---|".to_owned(),
    ];
    for (case, words) in SHOWN {
        let peers = of_case(pairs, case);
        let Some(first) = peers.first() else { continue };
        let here = match first.bytes {
            0 => format!("{:.3} ms", first.ours_s * 1e3),
            bytes => format!("{:.2} GB/s", bytes as f64 / first.ours_s / 1e9),
        };
        let ratios: Vec<String> = peers
            .iter()
            .map(|pair| format!("{} {:.2}", shown(&pair.peer), pair.ratio))
            .collect();
        lines.push(format!("| {words} (`{case}`) | {here} | {} |", ratios.join(", ")));
    }
    lines.push(String::new());
    lines.push(format!(
        "{}. All pairs: [peers.jsonl](benches/peers/results/peers.jsonl).",
        run.line()
    ));
    lines.join("\n")
}

/// A peer's name; `best` is the fastest of several.
fn shown(peer: &str) -> &str {
    match peer {
        "best" => "best of pandas/polars/pyarrow",
        peer => peer,
    }
}

/// Bars of the ratios on a logarithmic scale, from 1 to the right where we are faster, to the left where we are not.
fn draw(path: &Path, pairs: &[Pair], run: &Run) -> Result<()> {
    const BAR: i32 = 15;
    const GAP: i32 = 7;
    const LEFT: i32 = 250;
    const WIDTH: i32 = 880;
    const TOP: i32 = 62;
    let cases: Vec<(&str, Vec<&Pair>)> = SHOWN
        .iter()
        .map(|(case, words)| (*words, of_case(pairs, case)))
        .filter(|(_, peers)| !peers.is_empty())
        .collect();
    let bars: i32 = cases.iter().map(|(_, peers)| peers.len() as i32 * BAR + GAP).sum();
    let height = TOP + bars + 46;
    let ratios = pairs.iter().map(|pair| pair.ratio).filter(|ratio| ratio.is_finite());
    let most = cases
        .iter()
        .flat_map(|(_, peers)| peers)
        .map(|pair| pair.ratio)
        .fold(10.0, f64::max);
    let least = ratios.fold(0.5, f64::min).max(0.05);
    let scale = f64::from(WIDTH - LEFT - 190) / (most / least).ln();
    let x = |ratio: f64| LEFT + ((ratio.max(least) / least).ln() * scale) as i32;

    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: f64, horizontal, color: &'static RGBColor| {
        TextStyle::from(("sans-serif", size).into_font())
            .color(color)
            .pos(Pos::new(horizontal, VPos::Center))
    };
    area.draw(&Text::new(
        "How many times as long the peer takes",
        (12, 18),
        text(17.0, HPos::Left, &INK),
    ))?;
    area.draw(&Text::new(
        "(right of 1: ndarray-io is faster; a logarithmic scale)",
        (12, 38),
        text(12.0, HPos::Left, &GREY),
    ))?;
    for tick in [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0] {
        if tick < least || tick > most {
            continue;
        }
        let line = if tick == 1.0 {
            BLACK.stroke_width(1)
        } else {
            RGBColor(225, 225, 225).stroke_width(1)
        };
        area.draw(&PathElement::new(vec![(x(tick), TOP - 6), (x(tick), TOP + bars)], line))?;
        area.draw(&Text::new(
            format!("{tick}"),
            (x(tick), TOP + bars + 10),
            text(11.0, HPos::Center, &GREY),
        ))?;
    }
    let mut y = TOP;
    for (words, peers) in cases {
        let middle = y + peers.len() as i32 * BAR / 2;
        area.draw(&Text::new(
            words.to_owned(),
            (LEFT - 20, middle),
            text(12.5, HPos::Right, &INK),
        ))?;
        for pair in peers {
            let (from, to) = (x(1.0).min(x(pair.ratio)), x(1.0).max(x(pair.ratio)));
            bar(
                &area,
                [(from, y + 1), (to.max(from + 1), y + BAR - 2)],
                color(&pair.peer).filled(),
            )?;
            let label = format!("{} {}", shown(&pair.peer), Rounded(pair.ratio));
            area.draw(&Text::new(label, (to + 6, y + BAR / 2), text(11.0, HPos::Left, &INK)))?;
            y += BAR;
        }
        y += GAP;
    }
    let about = format!("{}; {}, {} cores", run.date, run.machine, run.cores);
    area.draw(&Text::new(about, (12, height - 14), text(11.0, HPos::Left, &GREY)))?;
    area.present()?;
    Ok(())
}

fn bar<B: DrawingBackend>(
    area: &plotters::prelude::DrawingArea<B, plotters::coord::Shift>,
    corners: [(i32, i32); 2],
    style: ShapeStyle,
) -> Result<(), Box<dyn Error>>
where
    B::ErrorType: 'static,
{
    Ok(area.draw(&Rectangle::new(corners, style))?)
}

fn color(peer: &str) -> RGBColor {
    match peer {
        "numpy" => RGBColor(77, 119, 207),
        "ndarray-npy" => RGBColor(222, 115, 49),
        "npyz" => RGBColor(196, 148, 30),
        "best" | "polars" => RGBColor(111, 78, 160),
        _ => RGBColor(90, 150, 90),
    }
}

/// A ratio with as many digits as it deserves.
struct Rounded(f64);

impl std::fmt::Display for Rounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            10.0.. => write!(f, "{:.0}", self.0),
            1.0.. => write!(f, "{:.1}", self.0),
            _ => write!(f, "{:.2}", self.0),
        }
    }
}
