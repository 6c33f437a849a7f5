//! What a case is, and the table.

use std::cell::{OnceCell, RefCell};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::publish;
use crate::python::Python;
use crate::timing::{Result, Run, alternate, timed};

/// One piece of work, ours and theirs.
pub struct Case {
    /// How much is worked on.
    pub amount: Amount,
    pub ours: Run,
    pub peers: Vec<Peer>,
    /// What the hardware allows, where that is known.
    pub limit: Option<(&'static str, Run)>,
}

#[derive(Clone, Copy)]
pub enum Amount {
    Bytes(u64),
    /// Things too small to be counted in bytes: arrays, rows, openings.
    Things(u64),
}

/// One or several that do the same work; of several the fastest counts.
pub struct Peer {
    pub name: &'static str,
    /// The ratio (their time by ours) that is asked for at least.
    pub floor: f64,
    pub candidates: Vec<(String, Run)>,
    /// Those that this machine lacks, and why.
    pub missing: Vec<String>,
}

impl Peer {
    pub fn rust<T>(name: &'static str, floor: f64, work: impl FnMut() -> Result<T> + 'static) -> Peer {
        Peer {
            name,
            floor,
            candidates: vec![(name.to_owned(), timed(work))],
            missing: Vec::new(),
        }
    }

    /// A time that is not measured but asked for.
    pub fn fixed(seconds: f64) -> Peer {
        Peer {
            name: "fixed",
            floor: 1.0,
            candidates: vec![("fixed".to_owned(), Box::new(move || Ok(seconds)))],
            missing: Vec::new(),
        }
    }
}

/// Where the results go: the target folder.
pub fn target() -> &'static Path {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tmp.parent().unwrap_or(tmp)
}

/// The run: its options, its folder, its results.
pub struct Bench {
    quick: bool,
    filter: String,
    folder: PathBuf,
    python: Rc<RefCell<Python>>,
    /// Another whose modules are held to one thread, when a case asks for it.
    one_thread: OnceCell<Rc<RefCell<Python>>>,
    json: File,
    lines: usize,
    below: Vec<String>,
}

impl Bench {
    pub fn from_args() -> Result<Bench> {
        let (mut quick, mut filter) = (false, String::new());
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => quick = true,
                "--filter" => filter = args.next().ok_or("--filter needs a part of the case ids")?,
                "--bench" => {} // cargo's own
                _ => {
                    return Err(
                        format!("unknown argument {arg}: there are --quick, --filter PART and --publish").into(),
                    );
                }
            }
        }
        let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = tmp.join("peers");
        fs::create_dir_all(&folder)?;
        let json = target().join("peers.jsonl");
        println!(
            "{:<32} {:>12}   {:<28} {:>6} {:>6}",
            "case", "ours", "peer", "ratio", "floor"
        );
        Ok(Bench {
            quick,
            filter,
            folder,
            python: Rc::new(RefCell::new(Python::start(None)?)),
            one_thread: OnceCell::new(),
            json: File::create(json)?,
            lines: 0,
            below: Vec::new(),
        })
    }

    /// A size for this run: a tenth of `full` in a quick one.
    pub fn size(&self, full: usize) -> usize {
        if self.quick { full / 10 } else { full }
    }

    /// The side of a square whose area is scaled as [`Bench::size`] scales, a multiple of 8.
    pub fn side(&self, full: usize, dimensions: i32) -> usize {
        let scale = if self.quick {
            0.1_f64.powf(1.0 / f64::from(dimensions))
        } else {
            1.0
        };
        ((full as f64 * scale) as usize / 8).max(1) * 8
    }

    /// A file of this run's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A function of peers.py as a peer, if its modules are there.
    pub fn python(&self, name: &'static str, floor: f64, function: &str, args: Value) -> Result<Peer> {
        self.best_of(name, floor, &[name], function, args)
    }

    /// The fastest of several modules at `function`, which peers.py has for each as `module_function`; on one thread if
    /// `args` say so by `"threads": 1`.
    pub fn best_of(
        &self,
        name: &'static str,
        floor: f64,
        modules: &[&str],
        function: &str,
        args: Value,
    ) -> Result<Peer> {
        let threads = args["threads"].as_u64();
        if threads.is_some() && self.one_thread.get().is_none() {
            let _ = self.one_thread.set(Rc::new(RefCell::new(Python::start(threads)?)));
        }
        let python = self
            .one_thread
            .get()
            .filter(|_| threads.is_some())
            .unwrap_or(&self.python);
        let (mut candidates, mut missing) = (Vec::new(), Vec::new());
        for module in modules {
            let reason = python.borrow().missing(module);
            if let Some(reason) = reason {
                missing.push(reason);
                continue;
            }
            let function = format!("{}_{function}", module.replace('-', "_"));
            candidates.push(((*module).to_owned(), Python::prepare(python, &function, &args)?));
        }
        Ok(Peer {
            name,
            floor,
            candidates,
            missing,
        })
    }

    /// Runs a case if the filter lets it; `make` prepares it.
    pub fn case(&mut self, id: &str, make: impl FnOnce(&Bench) -> Result<Case>) -> Result<()> {
        if !id.contains(&self.filter) {
            return Ok(());
        }
        let case = make(self).map_err(|error| format!("{id}: {error}"))?;
        self.measure(id, case).map_err(|error| format!("{id}: {error}"))?;
        // The next case starts with an empty folder and without this one's pages to write back.
        for python in std::iter::once(&self.python).chain(self.one_thread.get()) {
            python.borrow_mut().forget()?;
        }
        fs::remove_dir_all(&self.folder)?;
        fs::create_dir_all(&self.folder)?;
        let _ = Command::new("sync").status();
        Ok(())
    }

    fn measure(&mut self, id: &str, case: Case) -> Result<()> {
        let Case {
            amount,
            ours,
            peers,
            limit,
        } = case;
        let mut runs = vec![ours];
        let (mut labels, mut missing) = (Vec::new(), Vec::new());
        for peer in peers {
            missing.extend(peer.missing.into_iter().map(|reason| (peer.name, reason)));
            let first = runs.len();
            let names: Vec<String> = peer
                .candidates
                .into_iter()
                .map(|(name, run)| (name, runs.push(run)).0)
                .collect();
            labels.push((peer.name, peer.floor, first, names));
        }
        let limit = limit.map(|(name, run)| (name, (runs.len(), runs.push(run)).0));
        let seconds = alternate(&mut runs)?;

        let ours = seconds[0];
        for (name, reason) in missing {
            println!("{id:<32} {:>12}   {name}: missing: {reason}", amount.rate(ours));
        }
        for (name, floor, first, names) in labels {
            let candidates = names.iter().zip(&seconds[first..]);
            let Some((fastest, &theirs)) = candidates.min_by(|(_, a), (_, b)| a.total_cmp(b)) else {
                continue;
            };
            let ratio = theirs / ours;
            let label = if fastest == name {
                name.to_owned()
            } else {
                format!("{name}: {fastest}")
            };
            println!(
                "{id:<32} {:>12}   {:<28} {ratio:>6.2} {floor:>6.2}{}{}",
                amount.rate(ours),
                format!("{label} {}", amount.rate(theirs)),
                if ratio < floor { "  BELOW" } else { "" },
                limit.map_or(String::new(), |(name, at)| format!(
                    "  ({name} {})",
                    amount.rate(seconds[at])
                )),
            );
            if ratio < floor {
                self.below.push(format!("{id} against {name}"));
            }
            let bytes = match amount {
                Amount::Bytes(bytes) => bytes,
                Amount::Things(_) => 0,
            };
            let line =
                json!({"case": id, "peer": name, "ours_s": ours, "peer_s": theirs, "ratio": ratio, "bytes": bytes});
            writeln!(self.json, "{line}")?;
            self.lines += 1;
        }
        Ok(())
    }

    pub fn finish(self) -> Result<()> {
        let partial = self.quick || !self.filter.is_empty();
        publish::Run::now(partial, self.python.borrow().modules()).write(target())?;
        fs::remove_dir_all(&self.folder)?;
        println!("{} pairs, {} below their floor", self.lines, self.below.len());
        for pair in self.below {
            println!("  {pair}");
        }
        Ok(())
    }
}

impl Amount {
    fn rate(self, seconds: f64) -> String {
        let (amount, unit) = match self {
            Amount::Bytes(bytes) => (bytes as f64, "B/s"),
            Amount::Things(things) => (things as f64, "/s"),
        };
        let rate = amount / seconds;
        let (scaled, prefix) = match rate {
            1e9.. => (rate / 1e9, "G"),
            1e6.. => (rate / 1e6, "M"),
            1e3.. => (rate / 1e3, "k"),
            _ => (rate, ""),
        };
        format!("{scaled:.2} {prefix}{unit}")
    }
}
