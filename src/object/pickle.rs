//! Objects to a pickle, protocol 4 as NumPy writes it.

use std::collections::HashMap;
use std::io::Write;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use ndarray::Order;

use super::plain::plain;
use super::scalar::De;
use super::value::Object;
use crate::dtype::{ByteOrder, Dtype, Kind, Repr, Unit, UnitBase};
use crate::element::{Encoder, Tag};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{DynArray, RawArray};

/// The size that a frame is not left to grow beyond, as in Python.
const FRAME: usize = 64 << 10;

/// How many items are appended at once, as in Python.
const BATCH: usize = 1000;

/// Texts of at most this length are looked up: the keys of dicts are the same again and again.
const SHORT: usize = 32;

/// What is remembered of texts that may all differ.
const MAX_TEXTS: usize = 1 << 16;

/// The opcodes of texts whose length takes one, four, eight bytes.
const TEXT: [u8; 3] = [0x8c, b'X', 0x8d];

/// What was written before and can be referred to.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Global(&'static str, &'static str),
    Text(Arc<str>),
    /// And which of its records are laid out as C does, which is no part of a dtype but of its pickle.
    Dtype(Dtype, Vec<bool>),
    /// Which objects, if not texts, and the address of what they share: empty ones of all types may share one.
    Shared(Option<Discriminant<Object>>, usize),
}

/// A value of a dict that may hold dtypes, which are no objects: arrays hold none.
#[cfg(feature = "stack")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Dtype(Dtype),
    Object(Object),
}

pub(super) struct Pickler<'w> {
    writer: &'w mut dyn Write,
    /// Whether all objects live while they are written, so that an address stands for one of them.
    alive: bool,
    frame: Vec<u8>,
    memo: HashMap<Key, u32>,
}

impl<'w> Pickler<'w> {
    pub(super) fn new(writer: &'w mut dyn Write, alive: bool) -> Self {
        Pickler {
            writer,
            alive,
            frame: Vec::new(),
            memo: HashMap::new(),
        }
    }

    /// Writes the whole pickle of an array, given its objects in C order.
    pub(super) fn array<'o>(
        &mut self,
        dtype: &Dtype,
        shape: &[usize],
        objects: impl Iterator<Item = Result<std::borrow::Cow<'o, Object>>>,
    ) -> Result<()> {
        self.writer.write_all(b"\x80\x04")?;
        self.array_head(dtype, shape, false)?;
        self.op(b"]");
        let mut count = 0_usize;
        for object in objects {
            self.before_item(&mut count, b'e');
            let row = count as u64 - 1;
            let written = object.and_then(|object| self.field(&object, dtype));
            written.map_err(|error| error.at_row(row))?;
            if self.frame.len() >= FRAME {
                self.flush()?;
            }
        }
        self.close_batch(count, b'e');
        self.op(b"tb.");
        self.flush()
    }

    /// Writes the whole pickle of a dict.
    #[cfg(feature = "stack")]
    pub(super) fn dict(&mut self, items: &[(&'static str, Item)]) -> Result<()> {
        self.writer.write_all(b"\x80\x04")?;
        self.op(b"}(");
        for (key, item) in items {
            self.text(&(*key).into())?;
            match item {
                Item::Dtype(dtype) => self.dtype(dtype)?,
                Item::Object(object) => self.object(object)?,
            }
        }
        self.op(b"u.");
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        self.writer.write_all(&[0x95])?;
        self.writer.write_all(&(self.frame.len() as u64).to_le_bytes())?;
        self.writer.write_all(&self.frame)?;
        self.frame.clear();
        Ok(())
    }

    fn op(&mut self, bytes: &[u8]) {
        self.frame.extend_from_slice(bytes);
    }

    /// Before an item: opens a batch, closing the one before it.
    fn before_item(&mut self, count: &mut usize, close: u8) {
        if count.is_multiple_of(BATCH) {
            self.close_batch(*count, close);
            self.op(b"(");
        }
        *count += 1;
    }

    fn close_batch(&mut self, count: usize, close: u8) {
        if count > 0 {
            self.op(&[close]);
        }
    }

    /// Refers to what was written before; if it was not, `write` does it, and it is remembered.
    fn once(&mut self, key: Key, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if let Some(&index) = self.memo.get(&key) {
            match u8::try_from(index) {
                Ok(index) => self.op(&[b'h', index]),
                Err(_) => {
                    self.op(b"j");
                    self.op(&index.to_le_bytes());
                }
            }
            return Ok(());
        }
        write(self)?;
        if let Ok(index) = u32::try_from(self.memo.len()) {
            self.op(&[0x94]);
            self.memo.insert(key, index);
        }
        Ok(())
    }

    /// What is shared is written once; what is not needs no place in the memo.
    fn shared<T: ?Sized>(
        &mut self,
        kind: Option<Discriminant<Object>>,
        value: &Arc<T>,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        match self.alive && Arc::strong_count(value) > 1 {
            true => self.once(Key::Shared(kind, Arc::as_ptr(value).cast::<()>().addr()), write),
            false => write(self),
        }
    }

    fn global(&mut self, module: &'static str, name: &'static str) -> Result<()> {
        self.once(Key::Global(module, name), |this| {
            this.text(&module.into())?;
            this.text(&name.into())?;
            this.op(&[0x93]);
            Ok(())
        })
    }

    fn object(&mut self, object: &Object) -> Result<()> {
        let kind = Some(discriminant(object));
        match object {
            Object::None => self.op(b"N"),
            Object::Bool(false) => self.op(&[0x89]),
            Object::Bool(true) => self.op(&[0x88]),
            Object::Int(value) => self.int(*value),
            Object::BigInt(digits) => self.big(digits)?,
            Object::Float(value) => {
                self.op(b"G");
                self.op(&value.to_be_bytes());
            }
            Object::Complex(value) => {
                self.global("builtins", "complex")?;
                self.object(&Object::Float(value.re))?;
                self.object(&Object::Float(value.im))?;
                self.op(b"\x86R");
            }
            Object::Str(text) => self.text(text)?,
            Object::Surrogates(bytes) => self.shared(kind, bytes, |this| {
                this.sized(TEXT, bytes);
                Ok(())
            })?,
            Object::Bytes(bytes) => self.shared(kind, bytes, |this| {
                this.bytes(bytes);
                Ok(())
            })?,
            Object::ByteArray(bytes) => self.shared(kind, bytes, |this| {
                this.global("builtins", "bytearray")?;
                this.bytes(bytes);
                this.op(b"\x85R");
                Ok(())
            })?,
            Object::List(items) => self.shared(kind, items, |this| {
                this.op(b"]");
                this.items(items, b'e')
            })?,
            Object::Set(items) => self.shared(kind, items, |this| {
                this.op(&[0x8f]);
                this.items(items, 0x90)
            })?,
            Object::Tuple(items) => self.shared(kind, items, |this| this.tuple(items))?,
            Object::FrozenSet(items) => self.shared(kind, items, |this| {
                this.op(b"(");
                items.iter().try_for_each(|item| this.object(item))?;
                this.op(&[0x91]);
                Ok(())
            })?,
            Object::Dict(pairs) => self.shared(kind, pairs, |this| {
                this.op(b"}");
                let mut count = 0;
                for (key, value) in pairs.iter() {
                    this.before_item(&mut count, b'u');
                    this.object(key)?;
                    this.object(value)?;
                }
                this.close_batch(count, b'u');
                Ok(())
            })?,
            Object::Scalar(scalar) => self.scalar(scalar)?,
            Object::Array(array) => self.shared(kind, array, |this| this.nested(array))?,
            Object::Instance(instance) => self.shared(kind, instance, |this| {
                let (class, args) = (instance.class, &*instance.args);
                let (module, name) = class.place();
                this.global(module, name)?;
                if !class.is_constant() {
                    this.tuple(args)?;
                    this.op(b"R");
                }
                Ok(())
            })?,
        }
        Ok(())
    }

    fn items(&mut self, items: &[Object], close: u8) -> Result<()> {
        let mut count = 0;
        for item in items {
            self.before_item(&mut count, close);
            self.object(item)?;
        }
        self.close_batch(count, close);
        Ok(())
    }

    fn tuple(&mut self, items: &[Object]) -> Result<()> {
        let close = self.open_tuple(items.len());
        items.iter().try_for_each(|item| self.object(item))?;
        self.op(close);
        Ok(())
    }

    /// What is before the items of a tuple; gives what is after them.
    fn open_tuple(&mut self, len: usize) -> &'static [u8] {
        match len {
            0 => b")",
            1 => b"\x85",
            2 => b"\x86",
            3 => b"\x87",
            _ => {
                self.op(b"(");
                b"t"
            }
        }
    }

    /// What NumPy takes for an element or field of that dtype: for a record, a tuple.
    fn field(&mut self, object: &Object, dtype: &Dtype) -> Result<()> {
        if dtype.kind() == Kind::Object {
            return self.object(object);
        }
        if !dtype.has_object() {
            return self.object(&element(object, dtype)?);
        }
        let fields = dtype.fields();
        if fields.is_empty() {
            return Err(Error::new(
                ErrorKind::Element,
                format!("objects in a subarray ({}) cannot be written", dtype.describe()),
            ));
        }
        let close = self.open_tuple(fields.len());
        for (item, field) in record(object, dtype)?.into_iter().zip(fields) {
            self.field(item, field.dtype())
                .map_err(|error| error.in_field(field.name()))?;
        }
        self.op(close);
        Ok(())
    }

    fn int(&mut self, value: i64) {
        if let Ok(value) = u8::try_from(value) {
            self.op(&[b'K', value]);
        } else if let Ok(value) = u16::try_from(value) {
            self.op(b"M");
            self.op(&value.to_le_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.op(b"J");
            self.op(&value.to_le_bytes());
        } else {
            self.op(&[0x8a, 8]);
            self.op(&value.to_le_bytes());
        }
    }

    /// An int in decimal digits; the text opcode spares the way back to binary.
    fn big(&mut self, digits: &str) -> Result<()> {
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::new(
                ErrorKind::Value,
                format!("{digits:?} is no int in decimal digits"),
            ));
        }
        self.op(b"L");
        self.op(digits.as_bytes());
        self.op(b"L\n");
        Ok(())
    }

    fn text(&mut self, text: &Arc<str>) -> Result<()> {
        let write = |this: &mut Self| {
            this.sized(TEXT, text.as_bytes());
            Ok(())
        };
        match text.len() <= SHORT && self.memo.len() < MAX_TEXTS {
            true => self.once(Key::Text(text.clone()), write),
            false => self.shared(None, text, write),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.sized([b'C', b'B', 0x8e], bytes);
    }

    /// Bytes behind their length in one, four or eight bytes.
    fn sized(&mut self, [short, medium, long]: [u8; 3], bytes: &[u8]) {
        if let Ok(len) = u8::try_from(bytes.len()) {
            self.op(&[short, len]);
        } else if let Ok(len) = u32::try_from(bytes.len()) {
            self.op(&[medium]);
            self.op(&len.to_le_bytes());
        } else {
            self.op(&[long]);
            self.op(&(bytes.len() as u64).to_le_bytes());
        }
        self.op(bytes);
    }

    /// An array up to its data: on the stack is the array, a mark, version, shape, dtype and order.
    fn array_head(&mut self, dtype: &Dtype, shape: &[usize], fortran: bool) -> Result<()> {
        // Every NumPy since 1.0 knows this name; its newer one only those since 1.26.
        self.global("numpy.core.multiarray", "_reconstruct")?;
        self.global("numpy", "ndarray")?;
        self.op(b"K\0\x85C\x01b\x87R(K\x01");
        self.sizes(shape)?;
        self.dtype(dtype)?;
        self.op(if fortran { &[0x88] } else { &[0x89] });
        Ok(())
    }

    fn sizes(&mut self, shape: &[usize]) -> Result<()> {
        let size = |&size: &usize| {
            i64::try_from(size)
                .map(Object::Int)
                .map_err(|_| Error::new(ErrorKind::Shape, format!("an axis of length {size}")))
        };
        let sizes: Vec<_> = shape.iter().map(size).collect::<Result<_>>()?;
        self.tuple(&sizes)
    }

    fn nested(&mut self, array: &DynArray) -> Result<()> {
        if let DynArray::Object(objects) = array {
            let dtype = objects.dtype();
            self.array_head(dtype, objects.shape(), false)?;
            self.op(b"]");
            let mut count = 0;
            for object in objects.iter() {
                self.before_item(&mut count, b'e');
                self.field(object, dtype)?;
            }
            self.close_batch(count, b'e');
        } else {
            let raw = array.clone().into_raw()?;
            self.array_head(raw.dtype(), raw.shape(), raw.order() == Order::ColumnMajor)?;
            self.bytes(raw.bytes());
        }
        self.op(b"tb");
        Ok(())
    }

    fn scalar(&mut self, scalar: &DynArray) -> Result<()> {
        if let DynArray::Object(objects) = scalar {
            return objects.iter().take(1).try_for_each(|object| self.object(object));
        }
        let raw = scalar.clone().into_raw()?;
        self.global("numpy.core.multiarray", "scalar")?;
        self.dtype(raw.dtype())?;
        self.bytes(raw.bytes());
        self.op(b"\x86R");
        Ok(())
    }

    /// As NumPy pickles it: what `numpy.dtype` is called with, and the state that is set then.
    fn dtype(&mut self, dtype: &Dtype) -> Result<()> {
        let mut aligned = Vec::new();
        list_aligned(dtype, &mut aligned);
        self.once(Key::Dtype(dtype.clone(), aligned), |this| {
            let itemsize = dtype.itemsize();
            let name = match &dtype.0 {
                Repr::Record(_) | Repr::Subarray(_) => format!("V{itemsize}"),
                Repr::Object => "O8".to_owned(),
                Repr::Datetime(..) => "M8".to_owned(),
                Repr::Timedelta(..) => "m8".to_owned(),
                _ => dtype.to_string().trim_matches(['\'', '<', '>', '|']).to_owned(),
            };
            this.global("numpy", "dtype")?;
            this.text(&name.into())?;
            this.op(&[0x89, 0x88, 0x87, b'R', b'(']);
            let version = if dtype.unit().is_some() { 4 } else { 3 };
            this.op(&[b'K', version]);
            let order = match (&dtype.0, dtype.byte_order()) {
                (Repr::Subarray(_), _) => "|",
                (_, ByteOrder::Little) => "<",
                (_, ByteOrder::Big) => ">",
                (_, ByteOrder::NotApplicable) => "|",
            };
            this.text(&order.into())?;
            match &dtype.0 {
                Repr::Subarray(_) => {
                    this.dtype(dtype.base())?;
                    this.sizes(dtype.shape())?;
                    this.op(b"\x86NN");
                }
                Repr::Record(_) => {
                    this.op(b"N");
                    this.fields(dtype)?;
                }
                _ => this.op(b"NNN"),
            }
            let sized = matches!(
                dtype.0,
                Repr::Record(_) | Repr::Subarray(_) | Repr::Bytes(_) | Repr::Str(..) | Repr::Void(_)
            );
            let as_int = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
            this.int(if sized { as_int(itemsize) } else { -1 });
            this.int(if sized { as_int(dtype.alignment()) } else { -1 });
            this.int(flags(dtype));
            if let Some(unit) = dtype.unit() {
                this.unit(unit)?;
            }
            this.op(b"tb");
            Ok(())
        })
    }

    /// The names and the dict of the fields.
    fn fields(&mut self, dtype: &Dtype) -> Result<()> {
        let names: Vec<Object> = dtype.fields().iter().map(|field| field.name().into()).collect();
        self.tuple(&names)?;
        self.op(b"}");
        let mut count = 0;
        for field in dtype.fields() {
            for key in [Some(field.name()), field.title()].into_iter().flatten() {
                self.before_item(&mut count, b'u');
                self.object(&key.into())?;
                self.dtype(field.dtype())?;
                self.int(i64::try_from(field.offset()).unwrap_or(i64::MAX));
                match field.title() {
                    None => self.op(b"\x86"),
                    Some(title) => {
                        self.object(&title.into())?;
                        self.op(b"\x87");
                    }
                }
            }
        }
        self.close_batch(count, b'u');
        Ok(())
    }

    /// The metadata of a datetime: none of the user's, and the unit.
    fn unit(&mut self, unit: Unit) -> Result<()> {
        let name = match unit.base() {
            UnitBase::Generic => "generic",
            base => base.abbreviation(),
        };
        self.op(b"N(");
        self.bytes(name.as_bytes());
        self.int(unit.step().into());
        self.op(b"K\x01K\x01t\x86");
        Ok(())
    }
}

/// Of each record in a dtype, whether it is laid out as C does.
fn list_aligned(dtype: &Dtype, to: &mut Vec<bool>) {
    match &dtype.0 {
        Repr::Subarray(sub) => list_aligned(&sub.base, to),
        Repr::Record(record) => {
            to.push(record.aligned);
            record.fields.iter().for_each(|field| list_aligned(field.dtype(), to));
        }
        _ => {}
    }
}

/// NumPy's flags of a dtype, which it takes from the pickle as they are.
fn flags(dtype: &Dtype) -> i64 {
    const OBJECT: i64 = 0x3f;
    /// Of these a record has what its fields have: reference counts, pickled as a list, zeroed first, needs Python.
    const FROM_FIELDS: i64 = 0x1b;
    match &dtype.0 {
        Repr::Object => OBJECT,
        Repr::Str(..) => 0x08,
        Repr::Subarray(_) => flags(dtype.base()) & FROM_FIELDS,
        Repr::Record(record) => {
            let fields = record.fields.iter().map(|field| flags(field.dtype()));
            // A record needs Python itself, to be printed.
            let inherited = fields.fold(0x10, |all, field| all | field & FROM_FIELDS);
            inherited | if record.aligned { 0x80 } else { 0 }
        }
        _ => 0,
    }
}

/// The items of a record, in the order of its fields.
fn record<'o>(object: &'o Object, dtype: &Dtype) -> Result<Vec<&'o Object>> {
    let fields = dtype.fields();
    let is = |key: &Object, name: &str| matches!(key, Object::Str(key) if **key == *name);
    match object {
        Object::Tuple(items) | Object::List(items) if items.len() == fields.len() => Ok(items.iter().collect()),
        Object::Dict(pairs) => {
            if let Some((key, _)) = (pairs.iter()).find(|(key, _)| !fields.iter().any(|field| is(key, field.name()))) {
                return Err(Error::new(
                    ErrorKind::Value,
                    format!("the dtype has no field {key}; it is {}", dtype.describe()),
                ));
            }
            let item = |name: &str| {
                let pair = pairs.iter().find(|(key, _)| is(key, name));
                pair.map(|(_, item)| item).ok_or_else(|| {
                    Error::new(ErrorKind::Value, "the dtype has this field but the value does not").in_field(name)
                })
            };
            fields.iter().map(|field| item(field.name())).collect()
        }
        other => Err(Error::new(
            ErrorKind::Value,
            format!("a `{}` is no record of {}", other.type_name(), dtype.describe()),
        )),
    }
}

/// The value of a field that is no object, checked to fit it.
fn element(object: &Object, dtype: &Dtype) -> Result<Object> {
    let mut bytes = vec![0; dtype.itemsize()];
    match (&dtype.0, object) {
        (Repr::Datetime(unit, order), Object::Scalar(_) | Object::Instance(_)) => {
            bytes.copy_from_slice(&time(object, dtype, Tag::Datetime(*unit), *order)?);
        }
        (Repr::Timedelta(unit, order), Object::Scalar(_) | Object::Instance(_)) => {
            bytes.copy_from_slice(&time(object, dtype, Tag::Timedelta(*unit), *order)?);
        }
        _ => Encoder::new(dtype)?.encode(object, &mut bytes)?,
    }
    let (base, shape) = dtype.flattened();
    let value = RawArray::new(base.clone(), shape, Order::RowMajor, bytes)?.into_dyn()?;
    Ok(match value {
        _ if value.ndim() > 0 => Object::Array(Arc::new(value)),
        DynArray::Record(_) | DynArray::Raw(_) | DynArray::Datetime(_) | DynArray::Timedelta(_) => {
            Object::Scalar(Arc::new(value))
        }
        value => plain(&Object::Scalar(Arc::new(value)))?.into_owned(),
    })
}

/// The bytes of a time that the dtype can tell.
fn time(object: &Object, dtype: &Dtype, tag: Tag, order: ByteOrder) -> Result<[u8; 8]> {
    match De::new(object).time(tag)? {
        (count, true) if order == ByteOrder::Big => Ok(count.to_be_bytes()),
        (count, true) => Ok(count.to_le_bytes()),
        (_, false) => Err(Error::new(
            ErrorKind::Value,
            format!("{object} does not fit {}", dtype.describe()),
        )),
    }
}
