//! The Python peers: one child that answers JSON lines, see peers.py.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

use serde_json::{Value, json};

use crate::timing::{Result, Run};

/// A running Python, or why there is none.
pub enum Python {
    Running {
        name: String,
        modules: Value,
        _child: Child,
        requests: ChildStdin,
        answers: BufReader<ChildStdout>,
    },
    Absent(String),
}

impl Python {
    /// Starts it, with that many threads for the modules that take several.
    pub fn start(threads: Option<u64>) -> Result<Python> {
        let name = std::env::var("NDARRAY_IO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut command = Command::new(&name);
        for variable in ["POLARS_MAX_THREADS", "OMP_NUM_THREADS"] {
            command.envs(threads.map(|threads| (variable, threads.to_string())));
        }
        let spawned = command
            .args(["-c", include_str!("peers.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return Ok(Python::Absent(format!("{name}: {error}"))),
        };
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("Python has no pipes".into());
        };
        let mut answers = BufReader::new(answers);
        let mut hello = String::new();
        answers.read_line(&mut hello)?;
        Ok(Python::Running {
            modules: serde_json::from_str(&hello)?,
            name,
            _child: child,
            requests,
            answers,
        })
    }

    /// The modules' versions; null for those that it lacks.
    pub fn modules(&self) -> &Value {
        match self {
            Python::Absent(_) => &Value::Null,
            Python::Running { modules, .. } => modules,
        }
    }

    /// Why a module's peers cannot run; `None` if they can.
    pub fn missing(&self, module: &str) -> Option<String> {
        match self {
            Python::Absent(reason) => Some(reason.clone()),
            Python::Running { modules, .. } if modules[module].is_string() => None,
            Python::Running { name, .. } => Some(format!("{name} has no {module}")),
        }
    }

    /// Has `function` of peers.py prepare a piece of work, which then runs as often as it is asked to.
    pub fn prepare(python: &Rc<RefCell<Python>>, function: &str, args: &Value) -> Result<Run> {
        let work = python.borrow_mut().ask(&json!({"prepare": function, "args": args}))?;
        let python = Rc::clone(python);
        Ok(Box::new(move || {
            let seconds = python.borrow_mut().ask(&json!({"run": work}))?;
            Ok(seconds.as_f64().ok_or("peers.py answers seconds")?)
        }))
    }

    /// Drops all that was prepared.
    pub fn forget(&mut self) -> Result<()> {
        if let Python::Running { .. } = self {
            self.ask(&json!({"forget": true}))?;
        }
        Ok(())
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        let Python::Running { requests, answers, .. } = self else {
            return Err("no Python".into());
        };
        writeln!(requests, "{request}")?;
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let mut answer: Value = serde_json::from_str(&line)?;
        match answer["error"].as_str() {
            Some(error) => Err(error.into()),
            None => Ok(answer["ok"].take()),
        }
    }
}
