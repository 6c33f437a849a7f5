//! The plan of an element's bytes, made once per array: what lies where, and what the rows before have settled.

use super::tag::Tag;
use crate::dtype::{ByteOrder, Casting, Dtype, Repr, Scalar};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;

/// A dtype, and the plans of what it is made of.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) native: NativeScalar,
    pub(super) size: usize,
    pub(super) parts: Parts,
    pub(super) dtype: Dtype,
    pub(super) casting: Casting,
    /// What was asked for last and is allowed, so that the rule is looked up once.
    allowed: Option<Dtype>,
    /// The name of the newtype whose times are in this dtype's own unit, if the rows before had one.
    pub(super) own_time: Option<StrKey>,
}

/// The scalar that bytes are in this machine's order, if they are one: all that a hot loop compares, and at once, which
/// an `Option` is not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct NativeScalar(u8);

impl NativeScalar {
    const NONE: NativeScalar = NativeScalar(u8::MAX);

    #[inline]
    pub(super) const fn of(scalar: Scalar) -> NativeScalar {
        NativeScalar(scalar as u8)
    }
}

#[derive(Clone)]
pub(super) enum Parts {
    None,
    /// A subarray's outermost axis, or the two parts of a complex number.
    Items {
        item: Box<Node>,
        count: usize,
    },
    Fields(Fields),
}

/// The fields of a record, arranged as the Rust type goes through them.
#[derive(Clone)]
pub(super) struct Fields {
    pub(super) list: Vec<FieldNode>,
    pub(super) arrangement: Arrangement,
    /// How many of `list`, from its start, the type that is being read asks for.
    pub(super) wanted: usize,
    /// Whether a row has gone through this arrangement, so that it is known to be right.
    pub(super) proven: bool,
    /// Whether the row must be read again, because the arrangement turned out wrong.
    pub(super) retry: bool,
    /// The structs that have turned out to need names.
    pub(super) by_name_only: Vec<StrKey>,
    /// Whether every struct gets names, because no row can be read twice.
    pub(super) always_by_name: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrangement {
    /// As in the dtype.
    ByPosition,
    /// In the order of a struct's field names, which are that static slice; given as a sequence.
    InOrder(StrKey),
    /// The same, given as a map: some of the names are not in the file, or the type's own order is another.
    ByName(StrKey),
    /// As the rows before gave them.
    AsWritten,
}

/// The address and length of a static string or slice: equal ones are the same, and no contents are compared.
pub(super) type StrKey = (usize, usize);

/// That of none.
pub(super) const NO_KEY: StrKey = (0, 0);

#[derive(Clone)]
pub(super) struct FieldNode {
    pub(super) name: String,
    pub(super) title: Option<String>,
    /// What a struct calls it: its name or its title.
    pub(super) asked: Option<&'static str>,
    /// A dtype has at most `i32::MAX` bytes, those within it lie in it: no sum of an offset and a size overflows, and with
    /// so few bits the compiler knows that, so that a bound is one comparison.
    pub(super) offset: u32,
    pub(super) position: usize,
    /// The static key that the rows before had for this field.
    pub(super) key: StrKey,
    pub(super) node: Node,
}

/// Never: who makes a record measures it.
#[cold]
fn too_large() -> Error {
    Error::new(
        ErrorKind::Limit,
        "a field further into its record than any dtype reaches",
    )
}

impl Node {
    pub(super) fn new(dtype: &Dtype, casting: Casting) -> Result<Node> {
        let parts = match &dtype.0 {
            Repr::Scalar(scalar, order) => match scalar {
                Scalar::Complex64 => Parts::complex(Scalar::Float32, *order, casting)?,
                Scalar::Complex128 => Parts::complex(Scalar::Float64, *order, casting)?,
                Scalar::ComplexLongDouble => Parts::complex(Scalar::LongDouble, *order, casting)?,
                _ => Parts::None,
            },
            Repr::Subarray(sub) => match sub.shape.split_first() {
                None => return Node::new(&sub.base, casting),
                Some((&count, [])) => Parts::items(&sub.base, count, casting)?,
                Some((&count, inner)) => Parts::items(&Dtype::subarray(sub.base.clone(), inner)?, count, casting)?,
            },
            Repr::Record(record) => Parts::Fields(Fields {
                list: (record.fields.iter().enumerate())
                    .map(|(position, field)| {
                        Ok(FieldNode {
                            name: field.name.clone(),
                            title: field.title.clone(),
                            asked: None,
                            offset: u32::try_from(field.offset).map_err(|_| too_large())?,
                            position,
                            key: NO_KEY,
                            node: Node::new(&field.dtype, casting).map_err(|error| error.in_field(&field.name))?,
                        })
                    })
                    .collect::<Result<_>>()?,
                arrangement: Arrangement::ByPosition,
                wanted: record.fields.len(),
                proven: false,
                retry: false,
                by_name_only: Vec::new(),
                always_by_name: false,
            }),
            Repr::Object => {
                return Err(Error::new(
                    ErrorKind::Object,
                    "object dtype `|O`: its elements are one pickle, not bytes of a fixed size",
                ));
            }
            _ => Parts::None,
        };
        Ok(Node {
            native: match dtype.0 {
                Repr::Scalar(scalar, order) if order.is_native() => NativeScalar::of(scalar),
                _ => NativeScalar::NONE,
            },
            size: dtype.itemsize(),
            parts,
            dtype: dtype.clone(),
            casting,
            allowed: None,
            own_time: None,
        })
    }

    /// The plan for reading untrusted elements of the dtype.
    pub(super) fn to_read(dtype: &Dtype, casting: Casting) -> Result<Node> {
        let (items, limit) = (sizeless(dtype), dtype.itemsize().saturating_add(limits::SIZELESS_ITEMS));
        if items > limit {
            return Err(limits::exceeded(format!(
                "an element of {} bytes with {items} items of no bytes; at most {limit} are read",
                dtype.itemsize()
            )));
        }
        Node::new(dtype, casting)
    }

    /// Whether values of the dtype may become `asked`, which an error calls `rust`.
    pub(super) fn allow(&mut self, asked: Dtype, rust: &str) -> Result<()> {
        if self.allowed.as_ref() == Some(&asked) {
            return Ok(());
        }
        if !self.dtype.can_cast(&asked, self.casting) {
            return Err(self.mismatch(Some(&asked), rust));
        }
        self.allowed = Some(asked);
        Ok(())
    }

    /// Notes what the newtype of that name, with that tag, is to the dtype.
    pub(super) fn note_time(&mut self, name: &'static str, tag: Tag) {
        let is_own = match (tag, &self.dtype.0) {
            (Tag::Datetime(unit), Repr::Datetime(own, _)) => unit == *own,
            (Tag::Timedelta(unit), Repr::Timedelta(own, _)) => unit == *own,
            _ => false,
        };
        self.own_time = is_own.then(|| str_key(name));
    }

    /// Whether strings may become text of their length, numbers and times text of whatever length.
    pub(super) fn allow_text(&mut self) -> Result<()> {
        let chars = match self.dtype.0 {
            Repr::Str(chars, _) | Repr::Bytes(chars) => chars,
            Repr::Scalar(Scalar::LongDouble | Scalar::ComplexLongDouble, _) => return Err(self.mismatch(None, "text")),
            Repr::Scalar(..) | Repr::Datetime(..) | Repr::Timedelta(..) => 0,
            _ => return Err(self.mismatch(None, "text")),
        };
        self.allow(Dtype(Repr::Str(chars, ByteOrder::NATIVE)), "text")
    }

    /// Whether it was asked for as text last, and may be.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.allowed, Some(Dtype(Repr::Str(..))))
    }

    /// The error for a file whose values are not what was asked for.
    #[cold]
    pub(super) fn mismatch(&self, asked: Option<&Dtype>, rust: &str) -> Error {
        let rules = [Casting::Equiv, Casting::Safe, Casting::SameKind, Casting::Unsafe];
        let would = asked.and_then(|asked| rules.into_iter().find(|&rule| self.dtype.can_cast(asked, rule)));
        let mut message = format!("file has {} but {rust} was asked for", self.dtype.describe());
        match would {
            Some(rule) => message += &format!("; Casting::{rule:?} would convert it"),
            None if !self.dtype.fields().is_empty() => message += "; a struct with its fields would fit, or DynArray",
            None => {}
        }
        Error::new(ErrorKind::Dtype, message)
    }

    /// Whether a record in it must be read again; forgets it.
    pub(super) fn take_retry(&mut self) -> bool {
        match &mut self.parts {
            Parts::None => false,
            Parts::Items { item, .. } => item.take_retry(),
            Parts::Fields(fields) => {
                let mut retry = std::mem::take(&mut fields.retry);
                for field in &mut fields.list {
                    retry |= field.node.take_retry();
                }
                retry
            }
        }
    }
}

impl Node {
    /// From now on every struct gets its fields with their names.
    #[cfg_attr(not(feature = "npz"), allow(dead_code))]
    pub(super) fn always_by_name(&mut self) {
        match &mut self.parts {
            Parts::None => {}
            Parts::Items { item, .. } => item.always_by_name(),
            Parts::Fields(fields) => {
                fields.always_by_name = true;
                fields.list.iter_mut().for_each(|field| field.node.always_by_name());
            }
        }
    }
}

/// How many items of no bytes are in one element: a few bytes of a header can say billions.
fn sizeless(dtype: &Dtype) -> usize {
    match &dtype.0 {
        Repr::Subarray(sub) => {
            // An axis of length 0 ends it: those before it have items, if empty ones, and what is behind it is not come to.
            let before = sub.shape.iter().take_while(|&&dim| dim > 0);
            let items = before.clone().fold(1_usize, |items, &dim| items.saturating_mul(dim));
            let each = match () {
                () if before.count() < sub.shape.len() => 1,
                () if dtype.itemsize() == 0 => sizeless(&sub.base).max(1),
                () => sizeless(&sub.base),
            };
            items.saturating_mul(each)
        }
        Repr::Record(record) => {
            (record.fields.iter()).fold(0, |items, field| items.saturating_add(sizeless(&field.dtype)))
        }
        _ => 0,
    }
}

impl Parts {
    fn items(item: &Dtype, count: usize, casting: Casting) -> Result<Parts> {
        let item = Box::new(Node::new(item, casting)?);
        Ok(Parts::Items { item, count })
    }

    fn complex(part: Scalar, order: ByteOrder, casting: Casting) -> Result<Parts> {
        Parts::items(&Dtype::scalar(part, order), 2, casting)
    }
}

impl Fields {
    /// Puts the fields into the dtype's order.
    #[inline]
    pub(super) fn arrange_by_position(&mut self) {
        if self.arrangement != Arrangement::ByPosition {
            self.list.sort_by_key(|field| field.position);
            self.list.iter_mut().for_each(|field| field.asked = None);
            self.arrangement = Arrangement::ByPosition;
            self.wanted = self.list.len();
        }
    }

    /// Puts the fields that a struct has names for first, in its order.
    #[cold]
    pub(super) fn arrange_by_name(&mut self, names: &'static [&'static str]) {
        self.arrange_by_position();
        self.wanted = 0;
        for name in names {
            if let Some(index) = find(&self.list, name).filter(|&index| index >= self.wanted) {
                self.list.swap(self.wanted, index);
                if let Some(field) = self.list.get_mut(self.wanted) {
                    field.asked = Some(name);
                }
                self.wanted += 1;
            }
        }
        let key = slice_key(names);
        self.arrangement = match self.wanted == names.len() && !self.always_by_name && !self.by_name_only.contains(&key)
        {
            true => Arrangement::InOrder(key),
            false => Arrangement::ByName(key),
        };
        self.proven = false;
    }
}

/// Where the field of that name or title is.
pub(super) fn find(fields: &[FieldNode], name: &str) -> Option<usize> {
    (fields.iter().position(|field| field.name == name))
        .or_else(|| fields.iter().position(|field| field.title.as_deref() == Some(name)))
}

/// The names of the fields, for an error.
pub(super) fn names(fields: &[FieldNode]) -> String {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by_key(|field| field.position);
    // A hostile file has names by the ten thousand.
    let mut names: Vec<_> = sorted.iter().take(20).map(|field| field.name.as_str()).collect();
    if fields.len() > names.len() {
        names.push("..");
    }
    names.join(", ")
}

pub(super) fn str_key(text: &'static str) -> StrKey {
    (text.as_ptr().addr(), text.len())
}

pub(super) fn slice_key(names: &'static [&'static str]) -> StrKey {
    (names.as_ptr().addr(), names.len())
}

/// Whether the bytes must be swapped to be what [`Cast::load`](super::convert::Cast::load) or the long doubles'
/// conversion takes: the latter are only little-endian.
pub(super) fn must_swap(scalar: Scalar, order: ByteOrder) -> bool {
    match scalar {
        Scalar::LongDouble | Scalar::ComplexLongDouble => order == ByteOrder::Big,
        _ => !order.is_native(),
    }
}

/// The caller's mistake.
#[cold]
#[inline(never)]
pub(super) fn wrong_row(len: usize, itemsize: usize) -> Error {
    Error::new(
        ErrorKind::Argument,
        format!("a row of {len} bytes for a dtype whose itemsize is {itemsize}"),
    )
}

/// What Rust calls the scalar.
pub(super) fn rust_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::Int8 => "i8",
        Scalar::Int16 => "i16",
        Scalar::Int32 => "i32",
        Scalar::Int64 => "i64",
        Scalar::Uint8 => "u8",
        Scalar::Uint16 => "u16",
        Scalar::Uint32 => "u32",
        Scalar::Uint64 => "u64",
        Scalar::Float16 => "f16",
        Scalar::Float32 => "f32",
        Scalar::Float64 => "f64",
        Scalar::Complex64 => "Complex<f32>",
        Scalar::Complex128 => "Complex<f64>",
        // Not in Rust.
        Scalar::LongDouble | Scalar::ComplexLongDouble => scalar.name(),
    }
}
