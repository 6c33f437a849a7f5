//! NumPy for all tests: Python processes that live as long as the tests and run snippets.
//!
//! `NDARRAY_IO_PYTHON` names the interpreter, else it is `python3`. Without NumPy the tests that need it say that they
//! are skipped; with `CI=true` they fail.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A message is its parts' count and each part's length, both u32, and the parts. A request is the code and its inputs;
/// the answer is b"ok" and the outputs, or b"error" and the traceback.
const SERVER: &str = r#"
import io, os, struct, sys, traceback
import numpy as np

receive, answer = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what a snippet prints must not get into the answers

def number():
    raw = receive.read(4)
    if len(raw) < 4:
        sys.exit()
    return struct.unpack("<I", raw)[0]

def send(*parts):
    answer.write(struct.pack("<I", len(parts)))
    for part in parts:
        part = part.encode() if isinstance(part, str) else bytes(part)
        answer.write(struct.pack("<I", len(part)) + part)
    answer.flush()

def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()

def load(data, **options):
    return np.load(io.BytesIO(data), **options)

send("numpy " + np.__version__)
while True:
    code, *inputs = [receive.read(number()) for _ in range(number())]
    scope = {"np": np, "io": io, "npy": npy, "load": load, "inputs": inputs, "outputs": []}
    try:
        exec(code.decode(), scope)
    except Exception:
        send("error", traceback.format_exc())
    else:
        send("ok", *scope["outputs"])
"#;

/// The process. It ends with the tests, when its input does.
pub struct Python {
    _child: Child,
    requests: BufWriter<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// NumPy, if this machine has it; else says that `topic` is skipped.
///
/// A snippet finds `np`, `io`, its `inputs` (a list of bytes), `npy(array)` (np.save to bytes) and `load(bytes)`
/// (np.load); it leaves bytes or strings in `outputs`.
pub fn numpy(topic: &str) -> Option<MutexGuard<'static, Python>> {
    // Two by turns, for a test keeps its process while it looks at what that said.
    static PYTHONS: [OnceLock<Result<Mutex<Python>, String>>; 2] = [const { OnceLock::new() }; 2];
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let python = &PYTHONS[NEXT.fetch_add(1, Ordering::Relaxed) % PYTHONS.len()];
    match python.get_or_init(|| Python::start().map(Mutex::new)) {
        Ok(python) => Some(python.lock().unwrap_or_else(PoisonError::into_inner)),
        Err(reason) if super::in_ci() => panic!("{topic} needs NumPy: {reason}"),
        Err(reason) => {
            super::say(&format!("{topic}: skipped, for want of NumPy: {reason}"));
            None
        }
    }
}

impl Python {
    fn start() -> Result<Python, String> {
        let program = std::env::var_os("NDARRAY_IO_PYTHON").unwrap_or_else(|| "python3".into());
        let name = program.to_string_lossy().into_owned();
        let mut child = Command::new(&program)
            .args(["-c", SERVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if super::in_ci() {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .spawn()
            .map_err(|error| format!("{name}: {error} (NDARRAY_IO_PYTHON can name another Python)"))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{name} has no pipes"));
        };
        let mut python = Python {
            _child: child,
            requests: BufWriter::new(requests),
            answers: BufReader::new(answers),
        };
        match python.receive() {
            Ok(_version) => Ok(python),
            Err(_) => Err(format!(
                "{name} cannot import numpy (NDARRAY_IO_PYTHON can name another Python)"
            )),
        }
    }

    /// Runs a snippet and gives its outputs; a Python exception is a panic.
    pub fn run(&mut self, code: &str, inputs: &[&[u8]]) -> Vec<Vec<u8>> {
        self.try_run(code, inputs)
            .unwrap_or_else(|traceback| panic!("{traceback}in the snippet\n{code}"))
    }

    /// Runs a snippet and gives its outputs, or the traceback of the exception that it raised.
    pub fn try_run(&mut self, code: &str, inputs: &[&[u8]]) -> Result<Vec<Vec<u8>>, String> {
        self.send(code, inputs).expect("the Python process takes requests");
        let mut parts = self.receive().expect("the Python process answers");
        let outputs = parts.split_off(1);
        match &*parts[0] {
            b"ok" => Ok(outputs),
            _ => Err(String::from_utf8_lossy(&outputs.concat()).into_owned()),
        }
    }

    fn send(&mut self, code: &str, inputs: &[&[u8]]) -> io::Result<()> {
        let number = |n: usize| {
            let n = u32::try_from(n).map_err(io::Error::other)?;
            Ok::<_, io::Error>(n.to_le_bytes())
        };
        self.requests.write_all(&number(1 + inputs.len())?)?;
        for part in std::iter::once(code.as_bytes()).chain(inputs.iter().copied()) {
            self.requests.write_all(&number(part.len())?)?;
            self.requests.write_all(part)?;
        }
        self.requests.flush()
    }

    fn receive(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let parts = self.number()?;
        (0..parts)
            .map(|_| {
                let mut part = vec![0; self.number()? as usize];
                self.answers.read_exact(&mut part)?;
                Ok(part)
            })
            .collect()
    }

    fn number(&mut self) -> io::Result<u32> {
        let mut raw = [0; 4];
        self.answers.read_exact(&mut raw)?;
        Ok(u32::from_le_bytes(raw))
    }
}
