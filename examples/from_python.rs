//! An array from Python and back: Python makes a file, Rust works on it, Python checks the result.
//!
//! ```text
//! cargo run --release --example from_python
//! ```
//!
//! Python is the one that `NDARRAY_IO_PYTHON` names, else `python3`; it needs NumPy.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use ndarray::{Array1, Array2, Axis};
use ndarray_io::{read_npz, write_npz};
use serde::{Deserialize, Serialize};

const BEFORE: &str = "
import sys, numpy as np
rng = np.random.default_rng(1)
people = np.array([('Ada', 36), ('Grace', 85)], dtype=[('name', 'U10'), ('age', 'i4')])
np.savez(sys.argv[1], x=rng.normal(size=(1000, 3)), people=people, title='an experiment')
";

const AFTER: &str = "
import sys, numpy as np
given, result = np.load(sys.argv[1]), np.load(sys.argv[2])
np.testing.assert_allclose(result['mean'], given['x'].mean(axis=0), rtol=1e-12)
assert result['oldest'].item() == 'Grace', result['oldest']
print('Python agrees:', {name: result[name].dtype.str for name in result})
";

/// What Python's archive has; members and fields that are not named are skipped.
#[derive(Debug, Deserialize)]
struct Experiment {
    x: Array2<f64>,
    people: Array1<Person>,
    title: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Person {
    name: String,
    age: i32,
}

#[derive(Serialize)]
struct Answer {
    mean: Array1<f64>,
    oldest: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (given, result) = (folder.path().join("given.npz"), folder.path().join("result.npz"));
    if !python(BEFORE, &[&given])? {
        println!("no Python with NumPy: NDARRAY_IO_PYTHON can name one");
        return Ok(());
    }
    let experiment: Experiment = read_npz(&given)?;
    println!("{}: {:?}", experiment.title, experiment.people);
    let oldest = experiment.people.iter().max_by_key(|person| person.age);
    let answer = Answer {
        mean: experiment.x.mean_axis(Axis(0)).ok_or("no rows")?,
        oldest: oldest.ok_or("nobody")?.name.clone(),
    };
    write_npz(&result, &answer)?;
    if !python(AFTER, &[&given, &result])? {
        return Err("Python does not agree".into());
    }
    Ok(())
}

/// Whether the script ran to its end; false too if there is no Python at all.
fn python(script: &str, paths: &[&Path]) -> Result<bool, Box<dyn Error>> {
    let program = std::env::var_os("NDARRAY_IO_PYTHON").unwrap_or_else(|| "python3".into());
    match Command::new(program).arg("-c").arg(script).args(paths).status() {
        Ok(status) => Ok(status.success()),
        Err(_) => Ok(false),
    }
}
