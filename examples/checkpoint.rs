//! Trains a model, saves a checkpoint every ten epochs, crashes, resumes from the last checkpoint, and ends with the same
//! weights, bit for bit, as a training that did not crash.
//!
//! ```text
//! cargo run --release --example checkpoint
//! ```

use std::error::Error;
use std::path::Path;
use std::process::Command;

use ndarray::{Array1, Array2, Axis};
use ndarray_io::{read_npz, write_npz};
use serde::{Deserialize, Serialize};

const EPOCHS: u64 = 100;
const SAVE_EVERY: u64 = 10;
const CRASH_AT: u64 = 57;

/// All that the next epoch depends on. As an archive: `epoch.npy`, `weights.npy`, .., `optimizer/velocity.npy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Checkpoint {
    epoch: u64,
    weights: Array1<f64>,
    optimizer: Optimizer,
    random: u64,
    loss_history: Vec<f64>,
    /// The first epoch whose loss was below 0.01: no member of the archive until there is one.
    converged: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Optimizer {
    name: String,
    lr: f64,
    momentum: f64,
    velocity: Array1<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(path) = std::env::args_os().nth(1) {
        return train(&mut Checkpoint::new(), Path::new(&path), Some(CRASH_AT));
    }
    let folder = tempfile::tempdir()?;
    let (whole, crashed) = (folder.path().join("whole.npz"), folder.path().join("crashed.npz"));

    let mut without_crash = Checkpoint::new();
    train(&mut without_crash, &whole, None)?;

    // A process of its own, which aborts in the middle of an epoch.
    let status = Command::new(std::env::current_exe()?).arg(&crashed).status()?;
    let mut resumed: Checkpoint = read_npz(&crashed)?;
    println!(
        "crashed in epoch {CRASH_AT} ({status}); resuming after epoch {}",
        resumed.epoch
    );
    train(&mut resumed, &crashed, None)?;

    assert_eq!(resumed, without_crash);
    assert_eq!(read_npz::<_, Checkpoint>(&crashed)?, read_npz::<_, Checkpoint>(&whole)?);
    let losses = &resumed.loss_history;
    println!(
        "{} epochs, loss {:.1e} -> {:.1e}, converged in epoch {:?}",
        resumed.epoch,
        losses.first().unwrap_or(&f64::NAN),
        losses.last().unwrap_or(&f64::NAN),
        resumed.converged
    );
    println!("weights {:.3}: the same as without the crash", resumed.weights);
    Ok(())
}

/// Trains up to [`EPOCHS`]; the archive at `path` is replaced whole, so a crash while saving leaves the one before.
fn train(state: &mut Checkpoint, path: &Path, crash_at: Option<u64>) -> Result<(), Box<dyn Error>> {
    let (inputs, targets) = data();
    while state.epoch < EPOCHS {
        state.epoch += 1;
        let mut loss = 0.0;
        for _ in 0..inputs.nrows() {
            let row = state.random(inputs.nrows());
            let input = inputs.index_axis(Axis(0), row);
            let error = input.dot(&state.weights) - targets[row];
            loss += error * error / inputs.nrows() as f64;
            let Optimizer {
                lr, momentum, velocity, ..
            } = &mut state.optimizer;
            velocity.zip_mut_with(&input, |v, &x| *v = *momentum * *v - *lr * error * x);
            state.weights += &*velocity;
            if crash_at == Some(state.epoch) {
                std::process::abort();
            }
        }
        state.loss_history.push(loss);
        if loss < 0.01 {
            state.converged.get_or_insert(state.epoch);
        }
        if state.epoch.is_multiple_of(SAVE_EVERY) {
            write_npz(path, state)?;
        }
    }
    Ok(())
}

/// 200 points on a plane.
fn data() -> (Array2<f64>, Array1<f64>) {
    let inputs = Array2::from_shape_fn((200, 3), |(i, j)| ((i * (j + 3) * 7919) % 1000) as f64 / 500.0 - 1.0);
    let targets = inputs.dot(&ndarray::array![2.0, -1.0, 0.5]);
    (inputs, targets)
}

impl Checkpoint {
    fn new() -> Self {
        Checkpoint {
            epoch: 0,
            weights: Array1::zeros(3),
            optimizer: Optimizer {
                name: "sgd".to_owned(),
                lr: 0.005,
                momentum: 0.5,
                velocity: Array1::zeros(3),
            },
            random: 0x2545_F491_4F6C_DD1D,
            loss_history: Vec::new(),
            converged: None,
        }
    }

    /// A random number below `end`, of a xorshift generator whose state is saved with the rest.
    fn random(&mut self, end: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 32).unwrap_or_default() % end
    }
}
