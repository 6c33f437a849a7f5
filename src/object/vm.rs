//! The machine that a pickle is a program for, less all that could do anything but build data.

use std::sync::Arc;

use super::globals::Global;
use super::heap::{Cell, Heap, Value};
use super::input::{Input, bad};
use super::text;
use crate::error::Result;
use crate::limits::INT_BYTES;

pub(super) struct Machine<'r> {
    input: Input<'r>,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: Vec<Option<Value>>,
    pub(super) heap: Heap,
}

impl<'r> Machine<'r> {
    pub(super) fn new(input: Input<'r>) -> Self {
        Machine {
            input,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
            heap: Heap::default(),
        }
    }

    /// Runs the pickle to its end and gives what it leaves, and its length. Offsets in errors count from `start`.
    pub(super) fn run(&mut self, start: u64) -> Result<(Value, u64)> {
        loop {
            let offset = self.input.offset();
            match self.step() {
                Ok(None) => {}
                Ok(Some(value)) => return Ok((value, self.input.offset())),
                Err(error) => return Err(error.at_byte(start + offset)),
            }
        }
    }

    /// One opcode; at the last one, the result.
    fn step(&mut self) -> Result<Option<Value>> {
        let opcode = self.input.byte()?;
        match opcode {
            b'.' => {
                let value = self.pop()?;
                self.input.finish()?;
                return Ok(Some(value));
            }
            0x80 => {
                let version = self.input.byte()?;
                if version > 5 {
                    return Err(bad(format!("pickle protocol {version}; 0 to 5 are known")));
                }
            }
            0x95 => {
                let len = self.length::<8>()?;
                self.input.start_frame(len)?;
            }

            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' => {
                let value = self.input.byte()?;
                self.push(Value::Int(value.into()));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.input.array()?);
                self.push(Value::Int(value.into()));
            }
            b'J' => {
                let value = i32::from_le_bytes(self.input.array()?);
                self.push(Value::Int(value.into()));
            }
            b'I' => match self.input.line()?.as_slice() {
                b"00" => self.push(Value::Bool(false)),
                b"01" => self.push(Value::Bool(true)),
                digits => self.push_digits(digits)?,
            },
            b'L' => {
                let line = self.input.line()?;
                self.push_digits(line.strip_suffix(b"L").unwrap_or(&line))?;
            }
            0x8a => {
                let len = self.length::<1>()?;
                self.push_long(len)?;
            }
            0x8b => {
                let len = self.length::<4>()?;
                self.push_long(len)?;
            }
            b'G' => {
                let value = f64::from_be_bytes(self.input.array()?);
                self.push(Value::Float(value));
            }
            b'F' => {
                let line = self.input.line()?;
                let value = std::str::from_utf8(&line)
                    .ok()
                    .and_then(|text| text.trim().parse().ok());
                self.push(Value::Float(value.ok_or_else(|| bad("a float that does not parse"))?));
            }

            0x8c => self.push_str::<1>()?,
            b'X' => self.push_str::<4>()?,
            0x8d => self.push_str::<8>()?,
            b'V' => {
                let text = text::raw_unicode_escape(&self.input.line()?);
                let cell = text.ok_or_else(|| bad("a `str` whose escapes are malformed"))?;
                self.create(cell)?;
            }
            b'C' => self.push_bytes::<1>(Cell::Bytes)?,
            b'B' => self.push_bytes::<4>(Cell::Bytes)?,
            0x8e => self.push_bytes::<8>(Cell::Bytes)?,
            0x96 => self.push_bytes::<8>(Cell::ByteArray)?,
            b'U' => self.push_bytes::<1>(text::python2)?,
            b'T' => self.push_bytes::<4>(text::python2)?,
            b'S' => {
                let bytes = text::quoted(&self.input.line()?);
                let bytes = bytes.ok_or_else(|| bad("a string whose quotes or escapes are malformed"))?;
                self.create(text::python2(bytes.into()))?;
            }

            b'(' => self.marks.push(self.stack.len()),
            b'0' => match self.marks.last() {
                // As Python: nothing above the mark, so the mark itself.
                Some(&mark) if mark == self.stack.len() => drop(self.marks.pop()),
                _ => drop(self.pop()?),
            },
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let value = self.top()?;
                self.push(value);
            }

            b']' => self.create(Cell::List(Vec::new()))?,
            b')' => self.create(Cell::Tuple(Vec::new()))?,
            b'}' => self.create(Cell::Dict(Vec::new()))?,
            0x8f => self.create(Cell::Set(Vec::new()))?,
            b'l' => {
                let items = self.pop_mark()?;
                self.create(Cell::List(items))?;
            }
            b't' => {
                let items = self.pop_mark()?;
                self.create(Cell::Tuple(items))?;
            }
            0x91 => {
                let items = self.pop_mark()?;
                self.create(Cell::FrozenSet(items))?;
            }
            0x85 => self.push_tuple(1)?,
            0x86 => self.push_tuple(2)?,
            0x87 => self.push_tuple(3)?,
            b'd' => {
                let items = self.pop_mark()?;
                self.create(Cell::Dict(Vec::new()))?;
                self.set_items(&items)?;
            }
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])?;
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.append(&items)?;
            }
            0x90 => {
                let items = self.pop_mark()?;
                match self.top_cell()? {
                    Cell::Set(set) => set.extend(items),
                    _ => return Err(bad("items added to what is no set")),
                }
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_items(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.set_items(&items)?;
            }

            b'p' => {
                let line = self.input.line()?;
                self.put(text::index(&line)?)?;
            }
            b'q' => {
                let index = self.length::<1>()?;
                self.put(index)?;
            }
            b'r' => {
                let index = self.length::<4>()?;
                self.put(index)?;
            }
            0x94 => self.put(self.memo.len() as u64)?,
            b'g' => {
                let line = self.input.line()?;
                self.get(text::index(&line)?)?;
            }
            b'h' => {
                let index = self.length::<1>()?;
                self.get(index)?;
            }
            b'j' => {
                let index = self.length::<4>()?;
                self.get(index)?;
            }

            b'c' => {
                let global = self.global_lines()?;
                self.push(Value::Global(global));
            }
            0x93 => {
                let name = self.pop()?;
                let module = self.pop()?;
                let (Some(module), Some(name)) = (self.heap.text(module), self.heap.text(name)) else {
                    return Err(bad("a name that is no text"));
                };
                let global = Global::find(module, name)?;
                self.push(Value::Global(global));
            }
            b'R' | 0x81 => {
                let args = self.pop()?;
                let called = self.pop()?;
                let args = self.args(args)?;
                self.call(called, &args)?;
            }
            0x92 => {
                let kwargs = self.pop()?;
                let args = self.pop()?;
                let called = self.pop()?;
                if !matches!(self.heap.cell(kwargs), Some(Cell::Dict(items)) if items.is_empty()) {
                    return Err(bad("an object that is made with keyword arguments"));
                }
                let args = self.args(args)?;
                self.call(called, &args)?;
            }
            b'i' => {
                let global = self.global_lines()?;
                let args = self.pop_mark()?;
                self.call(Value::Global(global), &args)?;
            }
            b'o' => {
                let items = self.pop_mark()?;
                let (&called, args) = items.split_first().ok_or_else(|| bad("an object of no class"))?;
                self.call(called, args)?;
            }
            b'b' => {
                let state = self.pop()?;
                let object = self.top()?;
                self.heap.seen = self.input.offset();
                self.heap.build(object, state)?;
            }

            b'P' | b'Q' => return Err(bad("an object that is kept outside of the pickle (a persistent id)")),
            0x82..=0x84 => {
                return Err(bad(
                    "an object by the code of a registered extension, which no file tells",
                ));
            }
            0x97 | 0x98 => return Err(bad("a buffer that is kept outside of the pickle")),
            _ => return Err(bad(format!("{opcode:#04x} is no opcode of a pickle"))),
        }
        Ok(None)
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// A new object, pushed.
    fn create(&mut self, cell: Cell) -> Result<()> {
        let value = self.heap.new_cell(cell)?;
        self.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Value> {
        match self.marks.last() {
            Some(&mark) if mark >= self.stack.len() => Err(bad("a mark where an object was expected")),
            _ => self
                .stack
                .pop()
                .ok_or_else(|| bad("an object was expected, but none is there")),
        }
    }

    fn top(&self) -> Result<Value> {
        match self.marks.last() {
            Some(&mark) if mark >= self.stack.len() => Err(bad("a mark where an object was expected")),
            _ => (self.stack.last().copied()).ok_or_else(|| bad("an object was expected, but none is there")),
        }
    }

    /// All since the last mark.
    fn pop_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.marks.pop().ok_or_else(|| bad("no mark where one was expected"))?;
        match mark <= self.stack.len() {
            true => Ok(self.stack.split_off(mark)),
            false => Err(bad("no mark where one was expected")),
        }
    }

    fn top_cell(&mut self) -> Result<&mut Cell> {
        let top = self.top()?;
        self.heap
            .cell_mut(top)
            .ok_or_else(|| bad("items added to what takes none"))
    }

    /// What a class or function is called with.
    fn args(&self, args: Value) -> Result<Vec<Value>> {
        match self.heap.tuple(args)? {
            args if args.len() <= 16 => Ok(args.to_vec()),
            _ => Err(bad("an object that is made of too much")),
        }
    }

    /// What `called(*args)` makes, pushed.
    fn call(&mut self, called: Value, args: &[Value]) -> Result<()> {
        self.heap.seen = self.input.offset();
        let made = self.heap.call(called, args)?;
        self.push(made);
        Ok(())
    }

    fn length<const N: usize>(&mut self) -> Result<u64> {
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(self.input.array::<N>()?) {
            *to = from;
        }
        Ok(u64::from_le_bytes(bytes))
    }

    fn push_str<const N: usize>(&mut self) -> Result<()> {
        let len = self.length::<N>()?;
        let cell = self.input.take(len, text::utf8)?;
        self.create(cell.ok_or_else(|| bad("a `str` that is not UTF-8"))?)
    }

    fn push_bytes<const N: usize>(&mut self, cell: fn(Arc<[u8]>) -> Cell) -> Result<()> {
        let len = self.length::<N>()?;
        let bytes: Arc<[u8]> = self.input.take(len, |bytes| bytes.into())?;
        self.create(cell(bytes))
    }

    fn push_digits(&mut self, digits: &[u8]) -> Result<()> {
        match text::int(digits)? {
            text::Int::Small(value) => self.push(Value::Int(value)),
            text::Int::Big(digits) => self.create(Cell::BigInt(digits))?,
        }
        Ok(())
    }

    fn push_long(&mut self, len: u64) -> Result<()> {
        if len > INT_BYTES {
            return Err(text::int_too_long());
        }
        match self.input.take(len, text::long)?? {
            text::Int::Small(value) => self.push(Value::Int(value)),
            text::Int::Big(digits) => self.create(Cell::BigInt(digits))?,
        }
        Ok(())
    }

    fn push_tuple(&mut self, len: usize) -> Result<()> {
        let mut items = vec![Value::None; len];
        for item in items.iter_mut().rev() {
            *item = self.pop()?;
        }
        self.create(Cell::Tuple(items))
    }

    fn append(&mut self, items: &[Value]) -> Result<()> {
        match self.top_cell()? {
            Cell::List(list) => list.extend_from_slice(items),
            _ => return Err(bad("items appended to what is no list")),
        }
        Ok(())
    }

    fn set_items(&mut self, items: &[Value]) -> Result<()> {
        let (pairs, rest) = items.as_chunks::<2>();
        match self.top_cell()? {
            Cell::Dict(dict) if rest.is_empty() => dict.extend(pairs.iter().map(|&[key, value]| (key, value))),
            Cell::Dict(_) => return Err(bad("a key without a value")),
            _ => return Err(bad("items set in what is no dict")),
        }
        Ok(())
    }

    fn put(&mut self, index: u64) -> Result<()> {
        let value = self.top()?;
        // Each object before this one took a byte at least.
        let index = usize::try_from(index).ok().filter(|_| index <= self.input.offset());
        let index = index.ok_or_else(|| bad("an object is remembered under a number that is too high"))?;
        if index >= self.memo.len() {
            self.memo.resize(index + 1, None);
        }
        if let Some(slot) = self.memo.get_mut(index) {
            *slot = Some(value);
        }
        Ok(())
    }

    fn get(&mut self, index: u64) -> Result<()> {
        let value = usize::try_from(index).ok().and_then(|index| *self.memo.get(index)?);
        self.push(value.ok_or_else(|| bad(format!("no object is remembered under the number {index}")))?);
        Ok(())
    }

    fn global_lines(&mut self) -> Result<Global> {
        let (module, name) = (self.input.line()?, self.input.line()?);
        match (std::str::from_utf8(&module), std::str::from_utf8(&name)) {
            (Ok(module), Ok(name)) => Global::find(module, name),
            _ => Err(bad("a name that is no text")),
        }
    }
}
