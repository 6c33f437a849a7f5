//! Rows to values.

use std::marker::PhantomData;

use serde::de::value::{I64Deserializer, StringDeserializer, U16Deserializer};
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{Call, Flat, Items, OffPlan, Place, Watch};
use crate::dtype::Scalar;
use crate::element::calendar::NAT;
use crate::element::plan::{NO_KEY, StrKey, slice_key, str_key};
use crate::element::schema::known;
use crate::element::tag::{Tag, is_time_name, tag_of};
use crate::element::value::{decode_text, without_padding};

type Result<T> = std::result::Result<T, OffPlan>;

/// Reading, as a method of slices: so the compiler puts it into one unit with the element's own code, which it then
/// inlines. A function of this crate would be compiled in another unit, and call that code for each row.
pub(super) trait ReadRows {
    type Value;

    /// Appends the values of rows of `size` bytes; false, and none of them, if one is not as the plan says.
    fn read_rows(plan: &Flat, size: usize, rows: &[u8], values: &mut Vec<Self::Value>) -> bool;
}

impl<A: DeserializeOwned> ReadRows for [A] {
    type Value = A;

    // Called from one place, else the element's code would be compiled for each.
    #[inline(never)]
    fn read_rows(plan: &Flat, size: usize, rows: &[u8], values: &mut Vec<A>) -> bool {
        let (before, watch) = (values.len(), Watch::new());
        let off = &watch.off;
        for row in rows.chunks_exact(size) {
            let place = Place { plan, off };
            match A::deserialize(De { row, place }) {
                Ok(value) => values.push(value),
                Err(OffPlan) => break,
            }
        }
        let count = rows.len() / size;
        if values.len() - before == count && watch.is_fine() {
            return true;
        }
        values.truncate(before);
        false
    }
}

#[derive(Clone, Copy)]
struct De<'r, 'p> {
    row: &'r [u8],
    place: Place<'p>,
}

impl<'r> De<'r, '_> {
    fn bytes(self) -> Result<&'r [u8]> {
        let at = self.place.plan.at as usize;
        (self.row.get(at..at + self.place.plan.size)).ok_or_else(|| self.place.off())
    }

    fn text(self) -> Result<String> {
        let bytes = self.bytes()?;
        let text = match self.place.plan.call {
            Call::Str => decode_text(bytes, self.place.plan.order).ok(),
            Call::BytesOrText => std::str::from_utf8(without_padding(bytes)).ok().map(str::to_owned),
            _ => None,
        };
        text.ok_or_else(|| self.place.off())
    }

    /// Whether a scalar is what `None` is written as.
    #[inline(always)]
    fn is_none(self) -> Result<bool> {
        let call = self.place.plan.call;
        Ok(match call {
            Call::Scalar(Scalar::Float16) => half::f16::from_ne_bytes(self.take(call)?).is_nan(),
            Call::Scalar(Scalar::Float32) => f32::from_ne_bytes(self.take(call)?).is_nan(),
            Call::Scalar(Scalar::Float64) => f64::from_ne_bytes(self.take(call)?).is_nan(),
            Call::Time => i64::from_ne_bytes(self.take(call)?) == NAT,
            Call::Scalar(_) | Call::Str | Call::Bytes | Call::BytesOrText => false,
            Call::Items => return Err(self.place.off()), // may be a complex number
        })
    }

    #[inline(always)]
    fn take<const N: usize>(self, call: Call) -> Result<[u8; N]> {
        let at = self.place.scalar(call)?;
        match self.row.get(at..at + N).map(TryInto::try_into) {
            Some(Ok(bytes)) => Ok(bytes),
            _ => Err(self.place.off()),
        }
    }

    #[inline(always)]
    fn items<'de, V: Visitor<'de>>(self, name: StrKey, len: usize, visitor: V) -> Result<V::Value> {
        let De { row, place } = self;
        match place.plan.name == name {
            true => visitor.visit_seq(Sequence {
                row,
                items: place.items(Some(len))?,
            }),
            false => Err(place.off()),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $T:ty, $scalar:ident;)*) => {$(
        #[inline(always)]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(<$T>::from_ne_bytes(self.take(Call::Scalar(Scalar::$scalar))?))
        }
    )*};
}

impl<'de> Deserializer<'de> for De<'_, '_> {
    type Error = OffPlan;

    numbers! {
        deserialize_i8 visit_i8 i8, Int8;
        deserialize_i16 visit_i16 i16, Int16;
        deserialize_i32 visit_i32 i32, Int32;
        deserialize_i64 visit_i64 i64, Int64;
        deserialize_u8 visit_u8 u8, Uint8;
        deserialize_u16 visit_u16 u16, Uint16;
        deserialize_u32 visit_u32 u32, Uint32;
        deserialize_u64 visit_u64 u64, Uint64;
        deserialize_f32 visit_f32 f32, Float32;
        deserialize_f64 visit_f64 f64, Float64;
    }

    #[inline(always)]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.take(Call::Scalar(Scalar::Bool))? {
            [byte @ (0 | 1)] => visitor.visit_bool(byte == 1),
            _ => Err(self.place.off()),
        }
    }

    #[inline(always)]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if is_time_name(name) && self.place.plan.name == str_key(name) {
            let count = i64::from_ne_bytes(self.take(Call::Time)?);
            return visitor.visit_newtype_struct(I64Deserializer::new(count));
        }
        match tag_of(name) {
            Tag::None => visitor.visit_newtype_struct(self),
            Tag::Half => {
                let bits = u16::from_ne_bytes(self.take(Call::Scalar(Scalar::Float16))?);
                visitor.visit_newtype_struct(U16Deserializer::new(bits))
            }
            Tag::Datetime(_) | Tag::Timedelta(_) => Err(self.place.off()),
        }
    }

    #[inline(always)]
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.items(NO_KEY, len, visitor)
    }

    #[inline(always)]
    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        self.items(NO_KEY, len, visitor)
    }

    #[inline(always)]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.items(slice_key(names), names.len(), visitor)
    }

    #[inline(always)]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if !self.is_none()? {
            return visitor.visit_some(self);
        }
        match self.place.plan.call {
            // The rule has to allow what the value would have been.
            Call::Scalar(scalar) if known::<V::Value>() != Some(scalar) => Err(self.place.off()),
            Call::Time if known::<V::Value>().is_some() => Err(self.place.off()),
            _ => visitor.visit_none(),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.place.plan.call {
            Call::Bytes | Call::BytesOrText => visitor.visit_bytes(without_padding(self.bytes()?)),
            _ => Err(self.place.off()),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(StringDeserializer::new(self.text()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(self.place.off())
    }

    forward_to_deserialize_any! {
        i128 u128 char unit unit_struct seq map identifier
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

struct Sequence<'r, 'p> {
    row: &'r [u8],
    items: Items<'p>,
}

impl<'de> SeqAccess<'de> for Sequence<'_, '_> {
    type Error = OffPlan;

    #[inline(always)]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let row = self.row;
        match self.items.next() {
            Some(place) => seed.deserialize(De { row, place }).map(Some),
            None => Ok(None),
        }
    }

    // serde's own is not inlined where it is called often.
    #[inline(always)]
    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>> {
        self.next_element_seed(PhantomData)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.left.len())
    }
}
