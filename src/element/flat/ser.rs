//! Values to rows.

use serde::Serialize;
use serde::ser::{Impossible, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct, Serializer};

use super::{Call, Flat, Items, OffPlan, Place, Watch};
use crate::dtype::Scalar;
use crate::element::plan::{NO_KEY, StrKey, str_key};
use crate::element::tag::{Tag, is_time_name, tag_of};

type Result<T> = std::result::Result<T, OffPlan>;

/// Writing, as a method of slices for the reason that [`ReadRows`](super::ReadRows) has.
pub(super) trait WriteRows {
    type Value;

    /// Writes values into rows of `size` bytes; false if one is not as the plan says, and the rows have whatever was
    /// written until then.
    fn write_rows(plan: &Flat, size: usize, values: &[&Self::Value], rows: &mut [u8]) -> bool;
}

impl<A: Serialize> WriteRows for [A] {
    type Value = A;

    // Called from one place, and with one kind of source, else the element's code would be compiled for each.
    #[inline(never)]
    fn write_rows(plan: &Flat, size: usize, values: &[&A], rows: &mut [u8]) -> bool {
        let watch = Watch::new();
        let off = &watch.off;
        for (row, value) in rows.chunks_exact_mut(size).zip(values) {
            if value.serialize(Ser::new(row, Place { plan, off })).is_err() {
                return false;
            }
        }
        watch.is_fine()
    }
}

struct Ser<'a, 'p> {
    row: &'a mut [u8],
    place: Place<'p>,
    bits: Bits,
}

/// What a number is the bits of, as the newtype around it says.
#[derive(Clone, Copy)]
enum Bits {
    Itself,
    Half,
    Time,
}

impl<'a, 'p> Ser<'a, 'p> {
    #[inline(always)]
    fn new(row: &'a mut [u8], place: Place<'p>) -> Ser<'a, 'p> {
        let bits = Bits::Itself;
        Ser { row, place, bits }
    }

    #[inline(always)]
    fn put<const N: usize>(self, call: Call, value: [u8; N]) -> Result<()> {
        let at = self.place.scalar(call)?;
        match self.row.get_mut(at..at + N) {
            Some(bytes) => {
                bytes.copy_from_slice(&value);
                Ok(())
            }
            None => Err(self.place.off()),
        }
    }

    #[inline(always)]
    fn number<const N: usize>(self, scalar: Scalar, value: [u8; N]) -> Result<()> {
        match self.bits {
            Bits::Itself => self.put(Call::Scalar(scalar), value),
            Bits::Half | Bits::Time => Err(self.place.off()),
        }
    }

    #[inline(always)]
    fn items(self, len: Option<usize>) -> Result<Compound<'a, 'p>> {
        Ok(Compound {
            row: self.row,
            items: self.place.items(len)?,
        })
    }
}

macro_rules! numbers {
    ($($method:ident($T:ty) $scalar:ident;)*) => {$(
        #[inline(always)]
        fn $method(self, value: $T) -> Result<()> {
            self.number(Scalar::$scalar, value.to_ne_bytes())
        }
    )*};
}

/// The methods for what is no scalar.
macro_rules! off_plan {
    ($($method:ident($($arg:ty),*) -> $Ok:ty;)*) => {$(
        fn $method(self, $(_: $arg),*) -> Result<$Ok> {
            Err(self.place.off())
        }
    )*};
}

impl<'a, 'p> Serializer for Ser<'a, 'p> {
    type Ok = ();
    type Error = OffPlan;
    type SerializeSeq = Compound<'a, 'p>;
    type SerializeTuple = Compound<'a, 'p>;
    type SerializeTupleStruct = Compound<'a, 'p>;
    type SerializeStruct = Compound<'a, 'p>;
    type SerializeMap = Impossible<(), OffPlan>;
    type SerializeTupleVariant = Impossible<(), OffPlan>;
    type SerializeStructVariant = Impossible<(), OffPlan>;

    numbers! {
        serialize_i8(i8) Int8;
        serialize_i16(i16) Int16;
        serialize_i32(i32) Int32;
        serialize_u8(u8) Uint8;
        serialize_u32(u32) Uint32;
        serialize_u64(u64) Uint64;
        serialize_f32(f32) Float32;
        serialize_f64(f64) Float64;
    }

    #[inline(always)]
    fn serialize_i64(self, value: i64) -> Result<()> {
        match self.bits {
            Bits::Time => self.put(Call::Time, value.to_ne_bytes()),
            _ => self.number(Scalar::Int64, value.to_ne_bytes()),
        }
    }

    #[inline(always)]
    fn serialize_u16(self, value: u16) -> Result<()> {
        match self.bits {
            Bits::Half => self.put(Call::Scalar(Scalar::Float16), value.to_ne_bytes()),
            _ => self.number(Scalar::Uint16, value.to_ne_bytes()),
        }
    }

    #[inline(always)]
    fn serialize_bool(self, value: bool) -> Result<()> {
        self.number(Scalar::Bool, [u8::from(value)])
    }

    #[inline(always)]
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    #[inline(always)]
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<()> {
        let bits = match is_time_name(name) && self.place.plan.name == str_key(name) {
            true => Bits::Time,
            false => match tag_of(name) {
                Tag::None => Bits::Itself,
                Tag::Half => Bits::Half,
                Tag::Datetime(_) | Tag::Timedelta(_) => return Err(self.place.off()),
            },
        };
        value.serialize(Ser { bits, ..self })
    }

    #[inline(always)]
    fn serialize_seq(self, len: Option<usize>) -> Result<Compound<'a, 'p>> {
        self.items(len)
    }

    #[inline(always)]
    fn serialize_tuple(self, len: usize) -> Result<Compound<'a, 'p>> {
        self.items(Some(len))
    }

    #[inline(always)]
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Compound<'a, 'p>> {
        self.items(Some(len))
    }

    #[inline(always)]
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Compound<'a, 'p>> {
        match len {
            0 => Err(self.place.off()), // without a field nothing tells a record from a sequence
            _ => self.items(Some(len)),
        }
    }

    off_plan! {
        serialize_i128(i128) -> ();
        serialize_u128(u128) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<()> {
        Err(self.place.off())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

struct Compound<'a, 'p> {
    row: &'a mut [u8],
    items: Items<'p>,
}

impl Compound<'_, '_> {
    #[inline(always)]
    fn item<T: ?Sized + Serialize>(&mut self, field: StrKey, value: &T) -> Result<()> {
        match self.items.next() {
            Some(place) if place.plan.field == field => value.serialize(Ser::new(self.row, place)),
            _ => Err(self.items.whole.off()),
        }
    }

    #[inline(always)]
    fn finish(self) -> Result<()> {
        match self.items.left.len() {
            0 => Ok(()),
            _ => Err(self.items.whole.off()),
        }
    }
}

macro_rules! compounds {
    ($($Trait:ident $method:ident($($name:ident: $Name:ty)?) as $field:expr;)*) => {$(
        impl $Trait for Compound<'_, '_> {
            type Ok = ();
            type Error = OffPlan;

            #[inline(always)]
            fn $method<T: ?Sized + Serialize>(&mut self, $($name: $Name,)? value: &T) -> Result<()> {
                self.item($field, value)
            }

            #[inline(always)]
            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}
compounds! {
    SerializeSeq serialize_element() as NO_KEY;
    SerializeTuple serialize_element() as NO_KEY;
    SerializeTupleStruct serialize_field() as NO_KEY;
    SerializeStruct serialize_field(name: &'static str) as str_key(name);
}
