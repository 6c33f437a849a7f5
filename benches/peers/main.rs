//! ndarray-io against its peers: the same work on the same data in the same run, alternating.
//!
//! ```text
//! cargo bench -p peers                                   # all cases
//! cargo bench -p peers -- --quick --filter npy/          # a tenth of the sizes, ids that contain npy/
//! cargo bench -p peers -- --publish                      # no run: figure and tables of the last one
//! ```
//!
//! Python peers run in the Python that `NDARRAY_IO_PYTHON` names, else `python3`. Besides the table, each pair is a line
//! of `target/peers.jsonl`.

mod harness;
mod large;
mod npy;
mod npz;
mod publish;
mod python;
mod record;
mod remote;
mod text;
mod timing;

use harness::Bench;
use timing::Result;

fn main() -> Result<()> {
    if std::env::args().any(|argument| argument == "--publish") {
        return publish::publish(harness::target());
    }
    let mut bench = Bench::from_args()?;
    npy::cases(&mut bench)?;
    record::cases(&mut bench)?;
    npz::cases(&mut bench)?;
    text::cases(&mut bench)?;
    large::cases(&mut bench)?;
    remote::cases(&mut bench)?;
    bench.finish()
}
