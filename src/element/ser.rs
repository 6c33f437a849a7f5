//! A serde `Serializer` that writes one element's bytes where the plan says.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct, Serializer,
};

use super::calendar::{NAT, convert_datetime, convert_timedelta};
use super::convert::store_one;
use super::key::KeySerializer;
use super::plan::{Arrangement, FieldNode, NativeScalar, Node, Parts, find, must_swap, names, str_key};
use super::refuse::refused_types;
use super::tag::{Tag, tag_of};
use super::wide::Wide;
use crate::dtype::{ByteOrder, Dtype, Repr, Scalar};
use crate::error::{Error, ErrorKind, Result};

pub(super) struct Ser<'a> {
    /// The row, and where the value starts in it: the hot paths compare lengths but once.
    pub(super) row: &'a mut [u8],
    pub(super) at: u32,
    pub(super) node: &'a mut Node,
    pub(super) tag: Tag,
}

impl Ser<'_> {
    /// The value's own bytes. There are as many as the dtype has: the whole row has been measured.
    fn bytes(&mut self) -> &mut [u8] {
        let (at, size) = (self.at as usize, self.node.size);
        self.row.get_mut(at..at + size).unwrap_or_default()
    }

    /// The place of the value's own bytes, if they are this scalar and the value is nothing else.
    #[inline]
    fn native<const N: usize>(&mut self, scalar: Scalar) -> Option<&mut [u8; N]> {
        let at = self.at as usize;
        let bytes = self.row.get_mut(at..at + N)?;
        (self.node.native == NativeScalar::of(scalar) && self.tag == Tag::None).then(|| bytes.try_into().ok())?
    }

    #[cold]
    fn unfit(&self, what: &str) -> Error {
        unfit(&self.node.dtype, what)
    }

    /// A scalar whose dtype is its own in the other byte order, or another one.
    #[inline(never)]
    fn scalar<const N: usize>(self, scalar: Scalar, bytes: [u8; N], value: Wide) -> Result<()> {
        match self.node.dtype.0 {
            // As it is: to convert it would make a quiet NaN of a signalling one.
            Repr::Scalar(own, order) if own == scalar && self.tag == Tag::None => self.put(&ordered(bytes, order)),
            _ => self.number(value),
        }
    }

    #[inline(never)]
    fn number(mut self, value: Wide) -> Result<()> {
        let value = match (self.tag, value) {
            (Tag::None, value) => value,
            (Tag::Half, Wide::Uint(bits)) => match (&self.node.dtype.0, u16::try_from(bits)) {
                (Repr::Scalar(Scalar::Float16, order), Ok(bits)) => {
                    let bytes = ordered(bits.to_ne_bytes(), *order);
                    return self.put(&bytes);
                }
                (Repr::Scalar(Scalar::Uint16, _), _) => return Err(self.unfit(&format!("value {value}"))),
                (_, bits) => Wide::Float(bits.map_or(f64::NAN, |bits| half::f16::from_bits(bits).to_f64())),
            },
            (Tag::Datetime(_) | Tag::Timedelta(_), Wide::Int(count)) => return self.time(count),
            _ => return Err(self.unfit(&format!("value {value}"))),
        };
        match self.node.dtype.0 {
            Repr::Scalar(scalar, order) => {
                let stored = store_one(value, scalar, must_swap(scalar, order), self.bytes());
                match stored.equals(value) {
                    true => Ok(()),
                    false => Err(self.unfit(&format!("value {value}"))),
                }
            }
            _ => Err(self.unfit(&format!("the number {value}"))),
        }
    }

    fn time(self, count: i64) -> Result<()> {
        let (converted, order) = match (self.tag, &self.node.dtype.0) {
            (Tag::Datetime(unit), Repr::Datetime(own, order)) => (convert_datetime(count, unit, *own), *order),
            (Tag::Timedelta(unit), Repr::Timedelta(own, order)) => (convert_timedelta(count, unit, *own), *order),
            (Tag::Datetime(_), _) => return Err(self.unfit("a datetime")),
            _ => return Err(self.unfit("a timedelta")),
        };
        match converted {
            Some((converted, true)) => self.put(&ordered(converted.to_ne_bytes(), order)),
            _ => Err(self.unfit(&format!("the time {count}, counted in other units,"))),
        }
    }

    fn put(mut self, bytes: &[u8]) -> Result<()> {
        match self.node.size == bytes.len() {
            true => {
                self.bytes().copy_from_slice(bytes);
                Ok(())
            }
            false => Err(too_short()),
        }
    }

    fn text(mut self, text: &str) -> Result<()> {
        match self.node.dtype.0 {
            Repr::Str(chars, order) => {
                let (slots, _) = self.bytes().as_chunks_mut::<4>();
                if text.is_ascii() && text.len() <= slots.len() {
                    put_ascii(text.as_bytes(), order, slots);
                    return Ok(());
                }
                let mut text_chars = text.chars();
                for slot in slots {
                    *slot = put_char(text_chars.next().map_or(0, u32::from), order);
                }
                match text_chars.next() {
                    None => Ok(()),
                    Some(_) => Err(too_long(
                        text.chars().count(),
                        "characters",
                        text,
                        chars,
                        &self.node.dtype,
                    )),
                }
            }
            Repr::Bytes(_) if !text.is_ascii() => {
                let what = format!("the text {text:?}, which is not all ASCII,");
                Err(self.unfit(&what))
            }
            Repr::Bytes(_) => self.raw(text.as_bytes()),
            _ => Err(self.unfit(&format!("the text {:?}", shorten(text)))),
        }
    }

    fn raw(mut self, value: &[u8]) -> Result<()> {
        match self.node.dtype.0 {
            Repr::Bytes(size) => match self.bytes().split_at_mut_checked(value.len()) {
                Some((used, padding)) => {
                    used.copy_from_slice(value);
                    padding.fill(0);
                    Ok(())
                }
                None => {
                    let text = String::from_utf8_lossy(value);
                    Err(too_long(value.len(), "bytes", &text, size, &self.node.dtype))
                }
            },
            Repr::Void(size) if size == value.len() => self.put(value),
            _ => Err(self.unfit(&format!("a value of {} bytes", value.len()))),
        }
    }

    fn none(mut self) -> Result<()> {
        match self.node.dtype.0 {
            Repr::Scalar(scalar, order) if scalar.has_nan() => {
                store_one(Wide::Float(f64::NAN), scalar, must_swap(scalar, order), self.bytes());
                Ok(())
            }
            Repr::Datetime(_, order) | Repr::Timedelta(_, order) => self.put(&ordered(NAT.to_ne_bytes(), order)),
            _ => Err(Error::new(
                ErrorKind::Value,
                format!(
                    "None has no value in {}: only floats, complex numbers (NaN), datetimes and timedeltas (NaT) have one",
                    self.node.dtype.describe()
                ),
            )),
        }
    }
}

/// The error for a value that the dtype has no place for.
#[cold]
fn unfit(dtype: &Dtype, what: &str) -> Error {
    Error::new(ErrorKind::Value, format!("{what} does not fit {}", dtype.describe()))
}

fn ordered<const N: usize>(mut bytes: [u8; N], order: ByteOrder) -> [u8; N] {
    if !order.is_native() {
        bytes.reverse();
    }
    bytes
}

#[inline]
fn put_char(code: u32, order: ByteOrder) -> [u8; 4] {
    match order {
        ByteOrder::Big => code.to_be_bytes(),
        _ => code.to_le_bytes(),
    }
}

/// Fills `slots`, which are no fewer than there are bytes.
#[inline]
fn put_ascii(text: &[u8], order: ByteOrder, slots: &mut [[u8; 4]]) {
    let (used, padding) = slots.split_at_mut(text.len());
    let (eights, last) = text.as_chunks::<8>();
    let (wide, last_wide) = used.as_chunks_mut::<8>();
    // Eight at a time need no loop of their own, which most texts would be too short for.
    for (slots, bytes) in wide.iter_mut().zip(eights) {
        *slots = bytes.map(|byte| put_char(u32::from(byte), order));
    }
    for (slot, &byte) in last_wide.iter_mut().zip(last) {
        *slot = put_char(u32::from(byte), order);
    }
    padding.fill([0; 4]);
}

#[cold]
fn too_long(len: usize, what: &str, text: &str, room: usize, dtype: &Dtype) -> Error {
    Error::new(
        ErrorKind::Value,
        format!(
            "a value of {len} {what} does not fit {room} (`{dtype}`): {:?}",
            shorten(text)
        ),
    )
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}..", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The caller's row is shorter than the dtype's itemsize.
#[cold]
fn too_short() -> Error {
    Error::new(ErrorKind::Argument, "a row shorter than its dtype's itemsize")
}

macro_rules! numbers {
    ($($method:ident($T:ty) $scalar:ident $wide:ident;)*) => {$(
        #[inline]
        fn $method(mut self, value: $T) -> Result<()> {
            if let Some(bytes) = self.native(Scalar::$scalar) {
                *bytes = value.to_ne_bytes();
                return Ok(());
            }
            self.scalar(Scalar::$scalar, value.to_ne_bytes(), Wide::$wide(value.into()))
        }
    )*};
}

impl<'a> Serializer for Ser<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeMap = ByKey<'a>;
    type SerializeStruct = ByName<'a>;

    numbers! {
        serialize_i8(i8) Int8 Int;
        serialize_i16(i16) Int16 Int;
        serialize_i32(i32) Int32 Int;
        serialize_i64(i64) Int64 Int;
        serialize_u8(u8) Uint8 Uint;
        serialize_u16(u16) Uint16 Uint;
        serialize_u32(u32) Uint32 Uint;
        serialize_u64(u64) Uint64 Uint;
        serialize_f32(f32) Float32 Float;
        serialize_f64(f64) Float64 Float;
    }

    #[inline]
    fn serialize_bool(mut self, value: bool) -> Result<()> {
        if let Some(byte) = self.native(Scalar::Bool) {
            *byte = [u8::from(value)];
            return Ok(());
        }
        self.number(Wide::Bool(value))
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        self.text(value)
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        self.raw(value)
    }

    fn serialize_none(self) -> Result<()> {
        self.none()
    }

    #[inline]
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    /// `null` of a self-describing value is the `None` of ours.
    fn serialize_unit(self) -> Result<()> {
        self.none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.text(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<()> {
        let tag = tag_of(name);
        if matches!(tag, Tag::Datetime(_) | Tag::Timedelta(_)) {
            self.node.note_time(name, tag);
        }
        value.serialize(Ser { tag, ..self })
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Compound<'a>> {
        // Without a length, too many or too few items are noticed as they come.
        let len = len.unwrap_or(match &self.node.parts {
            Parts::Items { count, .. } => *count,
            Parts::Fields(fields) => fields.list.len(),
            Parts::None => 0,
        });
        self.serialize_tuple(len)
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Compound<'a>> {
        match &mut self.node.parts {
            Parts::Items { item, count } if *count == len => Ok(Compound::Items {
                left: self.row.get_mut(self.at as usize..).unwrap_or_default(),
                count: *count,
                item,
            }),
            Parts::Fields(fields) if fields.list.len() == len => {
                fields.arrange_by_position();
                Ok(Compound::Fields {
                    row: self.row,
                    at: self.at,
                    fields: fields.list.iter_mut(),
                })
            }
            _ => Err(unfit(&self.node.dtype, &format!("a sequence of {len}"))),
        }
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Compound<'a>> {
        self.serialize_tuple(len)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<ByKey<'a>> {
        let fields = self.serialize_struct("a map", 0)?;
        Ok(ByKey { fields })
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<ByName<'a>> {
        match &mut self.node.parts {
            Parts::Fields(fields) => {
                fields.arrangement = Arrangement::AsWritten;
                Ok(ByName {
                    row: self.row,
                    at: self.at,
                    left: &mut fields.list,
                })
            }
            _ => Err(unfit(&self.node.dtype, &format!("a value with fields ({name})"))),
        }
    }

    refused_types! {}
}

/// A tuple or sequence on its way into a subarray, a complex number or, by position, a record.
pub(super) enum Compound<'a> {
    Items {
        left: &'a mut [u8],
        count: usize,
        item: &'a mut Node,
    },
    Fields {
        row: &'a mut [u8],
        /// Where the record starts in it.
        at: u32,
        fields: std::slice::IterMut<'a, FieldNode>,
    },
}

impl Compound<'_> {
    #[inline]
    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        match self {
            Compound::Items { left, count, item } => {
                let (row, after) = match std::mem::take(left).split_at_mut_checked(item.size) {
                    Some(split) if *count > 0 => split,
                    _ => return Err(wrong_count("more")),
                };
                *left = after;
                *count -= 1;
                let (at, node, tag) = (0, &mut **item, Tag::None);
                value.serialize(Ser { row, at, node, tag })
            }
            Compound::Fields { row, at, fields } => match fields.next() {
                Some(field) => write_field(row, *at, field, value),
                None => Err(wrong_count("more")),
            },
        }
    }

    #[inline]
    fn finish(self) -> Result<()> {
        let left = match &self {
            Compound::Items { count, .. } => *count,
            Compound::Fields { fields, .. } => fields.len(),
        };
        match left {
            0 => Ok(()),
            _ => Err(wrong_count("fewer")),
        }
    }
}

#[cold]
fn wrong_count(than: &str) -> Error {
    Error::new(
        ErrorKind::Value,
        format!("a sequence gave {than} items than the dtype has"),
    )
}

#[inline]
fn write_field<T: ?Sized + Serialize>(row: &mut [u8], start: u32, field: &mut FieldNode, value: &T) -> Result<()> {
    let (at, node, tag) = (start + field.offset, &mut field.node, Tag::None);
    match value.serialize(Ser { row, at, node, tag }) {
        Ok(()) => Ok(()),
        Err(error) => Err(in_field(error, &field.name)),
    }
}

#[cold]
#[inline(never)]
fn in_field(error: Error, name: &str) -> Error {
    error.in_field(name)
}

macro_rules! sequences {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}
sequences!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field);

/// A struct on its way into a record.
pub(super) struct ByName<'a> {
    row: &'a mut [u8],
    /// Where the record starts in it.
    at: u32,
    /// The fields that have no value yet; the next one first, where the rows before had the same order.
    left: &'a mut [FieldNode],
}

impl ByName<'_> {
    #[inline]
    fn write<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        match std::mem::take(&mut self.left).split_first_mut() {
            Some((field, left)) => {
                self.left = left;
                write_field(self.row, self.at, field, value)
            }
            None => Err(too_short()),
        }
    }
}

// These take the slice alone, as `ByName` is kept in registers where nothing takes its address.

/// Puts the field of that name first.
#[cold]
#[inline(never)]
fn put_first(left: &mut [FieldNode], name: &str) -> Result<()> {
    match find(left, name) {
        Some(index) => {
            left.swap(0, index);
            Ok(())
        }
        None => Err(Error::new(
            ErrorKind::Value,
            format!(
                "not in the dtype; of its fields, those without a value are [{}]",
                names(left)
            ),
        )
        .in_field(name)),
    }
}

/// Puts the field of that name first, and keeps the name's address for the rows to come.
#[cold]
#[inline(never)]
fn put_first_static(left: &mut [FieldNode], name: &'static str) -> Result<()> {
    put_first(left, name)?;
    if let Some(field) = left.first_mut() {
        field.key = str_key(name);
    }
    Ok(())
}

impl SerializeStruct for ByName<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<()> {
        if self.left.first().is_none_or(|field| field.key != str_key(name)) {
            put_first_static(self.left, name)?;
        }
        self.write(value)
    }

    #[inline]
    fn end(self) -> Result<()> {
        match self.left {
            [] => Ok(()),
            [missing, ..] => Err(no_value(&missing.name)),
        }
    }
}

#[cold]
#[inline(never)]
fn no_value(name: &str) -> Error {
    Error::new(ErrorKind::Value, "in the dtype, but not in the value").in_field(name)
}

/// A map on its way into a record.
pub(super) struct ByKey<'a> {
    fields: ByName<'a>,
}

impl SerializeMap for ByKey<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<()> {
        let key = key.serialize(KeySerializer)?;
        if self.fields.left.first().is_none_or(|field| field.name != key) {
            put_first(self.fields.left, &key)?;
        }
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        self.fields.write(value)
    }

    fn end(self) -> Result<()> {
        SerializeStruct::end(self.fields)
    }
}
