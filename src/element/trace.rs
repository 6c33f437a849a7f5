//! The dtype of a type: a serde `Deserializer` that hands out invented values and notes what it was asked for.

use std::borrow::Cow;

use serde::de::value::{I64Deserializer, StrDeserializer, U16Deserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::plan::{StrKey, slice_key};
use super::refuse::unsupported;
use super::schema::{OPEN, Schema, known};
use super::tag::{Tag, tag_of};
use crate::dtype::{ByteOrder, Dtype, Repr, Scalar};
use crate::error::{Error, ErrorKind, Result};

/// How deep types may nest; those that contain themselves are met again and again.
pub(super) const MAX_DEPTH: usize = 32;

impl Dtype {
    /// The dtype of a type, without a value. The width of strings, which a type does not know, is left open (`<U0`):
    /// writing takes that of the longest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Element`] for what cannot be an array element, and for types that take any kind of value
    /// (`serde_json::Value`, fields with `#[serde(flatten)]`), whose values must be asked: [`Dtype::of_value`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Particle {
    ///     id: u64,
    ///     pos: [f32; 3],
    ///     mass: Option<f64>,
    /// }
    ///
    /// let dtype = Dtype::of::<Particle>()?;
    /// assert_eq!(dtype.to_string(), "[('id', '<u8'), ('pos', '<f4', (3,)), ('mass', '<f8')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn of<T: DeserializeOwned>() -> Result<Dtype> {
        Dtype::trace::<T>(false)
    }

    /// The dtype of a type as text has it: there an `Option` of anything can be told from its values, no text is cut to
    /// fit a `char` or an enum, and a row of items that are all alike is a record still.
    #[cfg(feature = "text")]
    pub(crate) fn of_text<T: DeserializeOwned>() -> Result<Dtype> {
        let dtype = Dtype::trace::<T>(true)?;
        let Some((&len, inner)) = dtype.shape().split_first() else {
            return Ok(dtype);
        };
        let item = match inner {
            [] => dtype.base().clone(),
            _ => Dtype::subarray(dtype.base().clone(), inner.to_vec())?,
        };
        Dtype::record((0..len).map(|position| (format!("f{position}"), item.clone())))
    }

    fn trace<T: DeserializeOwned>(of_text: bool) -> Result<Dtype> {
        let mut tracer = Tracer {
            of_text,
            // Types that check their values refuse 0 more often than 1.
            number: 1,
            variant: 0,
            variants: 0,
            aliases: Vec::new(),
            found_alias: false,
        };
        if let Some(scalar) = tracer.scalar::<T>() {
            return Ok(Dtype::native(scalar));
        }
        // A pass for each variant of the largest enum, and one more for each alias that is met.
        loop {
            let mut schema = Schema::Unknown;
            let traced = T::deserialize(Trace {
                schema: &mut schema,
                tracer: &mut tracer,
                depth: 0,
            });
            if std::mem::take(&mut tracer.found_alias) {
                continue;
            }
            match traced {
                Err(_) if tracer.number == 1 => tracer.number = 0,
                Err(error) => return Err(error),
                Ok(_) => {
                    tracer.variant += 1;
                    if tracer.variant >= tracer.variants {
                        return schema.dtype(0);
                    }
                }
            }
        }
    }
}

struct Tracer {
    /// For text: options are told from their values, and strings are as long as they are.
    of_text: bool,
    /// The number that every number is.
    number: u8,
    /// The place of the variant that every enum is.
    variant: usize,
    variants: usize,
    /// Names among a struct's that are another field's alias, or the alias that is met first of a field.
    aliases: Vec<Alias>,
    found_alias: bool,
}

impl Tracer {
    /// The scalar that `T` is, or that it is written as.
    fn scalar<T: ?Sized>(&self) -> Option<Scalar> {
        if self.of_text { Scalar::of::<T>() } else { known::<T>() }
    }

    /// The characters of a text that is one of a few.
    fn width(&self, text: &str) -> usize {
        if self.of_text { OPEN } else { text.chars().count() }
    }

    fn find(&self, names: &'static [&'static str], position: usize) -> Option<&Alias> {
        let names = slice_key(names);
        (self.aliases.iter()).find(|alias| alias.names == names && alias.position == position)
    }

    fn alias(&mut self, names: StrKey, position: usize, name: Option<String>) {
        let alias = Alias { names, position, name };
        if !self.aliases.contains(&alias) {
            self.aliases.push(alias);
            self.found_alias = true;
        }
    }
}

/// A name among the names of a struct, which are known by their address.
#[derive(PartialEq)]
struct Alias {
    names: StrKey,
    position: usize,
    /// What to call it; `None` to leave it out.
    name: Option<String>,
}

struct Trace<'a> {
    schema: &'a mut Schema,
    tracer: &'a mut Tracer,
    depth: usize,
}

impl Trace<'_> {
    fn inner<'de, S: DeserializeSeed<'de>>(
        schema: &mut Schema,
        tracer: &mut Tracer,
        depth: usize,
        seed: S,
    ) -> Result<S::Value> {
        let depth = deeper(depth)?;
        match tracer.scalar::<S::Value>() {
            Some(scalar) => {
                schema.number(scalar, false)?;
                let schema = &mut Schema::Unknown;
                seed.deserialize(Trace { schema, tracer, depth })
            }
            None => seed.deserialize(Trace { schema, tracer, depth }),
        }
    }
}

fn deeper(depth: usize) -> Result<usize> {
    match depth < MAX_DEPTH {
        true => Ok(depth + 1),
        false => Err(Error::new(
            ErrorKind::Element,
            format!("a type that nests more than {MAX_DEPTH} deep, or contains itself, has no dtype"),
        )),
    }
}

/// The error for what a type alone does not say.
#[cold]
fn unknown(what: &str) -> Error {
    Error::new(ErrorKind::Element, what.to_owned())
}

macro_rules! numbers {
    ($($method:ident $visit:ident $scalar:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.schema.number(Scalar::$scalar, false)?;
            visitor.$visit(self.tracer.number.into())
        }
    )*};
}

impl<'de> Deserializer<'de> for Trace<'_> {
    type Error = Error;

    numbers! {
        deserialize_u8 visit_u8 Uint8;
        deserialize_u16 visit_u16 Uint16;
        deserialize_u32 visit_u32 Uint32;
        deserialize_u64 visit_u64 Uint64;
        deserialize_i16 visit_i16 Int16;
        deserialize_i32 visit_i32 Int32;
        deserialize_i64 visit_i64 Int64;
        deserialize_f32 visit_f32 Float32;
        deserialize_f64 visit_f64 Float64;
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.schema.number(Scalar::Int8, false)?;
        visitor.visit_i8(self.tracer.number.cast_signed())
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.schema.number(Scalar::Bool, false)?;
        visitor.visit_bool(false)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(unknown(
            "a type that takes any kind of value has no dtype of its own; take that of a value: Dtype::of_value",
        ))
    }

    fn deserialize_i128<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(unsupported("i128"))
    }

    fn deserialize_u128<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(unsupported("u128"))
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.schema.text(self.tracer.width("a"))?;
        visitor.visit_char('a')
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.schema.text(OPEN)?;
        visitor.visit_borrowed_str("")
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.schema.bytes(0)?;
        visitor.visit_borrowed_bytes(&[])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        if self.tracer.of_text {
            let mut value = Schema::Unknown;
            let result = match known::<V::Value>() {
                Some(scalar) => {
                    value.number(scalar, false)?;
                    visitor.visit_none()
                }
                None => visitor.visit_some(Trace {
                    schema: &mut value,
                    tracer: self.tracer,
                    depth: deeper(self.depth)?,
                }),
            };
            *self.schema = Schema::Optional(Box::new(value));
            return result;
        }
        if let Some(scalar) = known::<V::Value>() {
            self.schema.number(scalar, false)?;
            return visitor.visit_none();
        }
        self.depth = deeper(self.depth)?;
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(unsupported("()"))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, _: V) -> Result<V::Value> {
        Err(unsupported(name))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(mut self, name: &'static str, visitor: V) -> Result<V::Value> {
        let order = ByteOrder::NATIVE;
        match tag_of(name) {
            Tag::None => {
                self.depth = deeper(self.depth)?;
                visitor.visit_newtype_struct(self)
            }
            Tag::Half => {
                self.schema.number(Scalar::Float16, false)?;
                visitor.visit_newtype_struct(U16Deserializer::new(0))
            }
            Tag::Datetime(unit) => {
                self.schema.time(Dtype(Repr::Datetime(unit, order)))?;
                visitor.visit_newtype_struct(I64Deserializer::new(0))
            }
            Tag::Timedelta(unit) => {
                self.schema.time(Dtype(Repr::Timedelta(unit, order)))?;
                visitor.visit_newtype_struct(I64Deserializer::new(0))
            }
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(unknown(
            "a sequence of any length (Vec) has no fixed size; use an array `[T; N]`, or take the dtype of a value: \
             Dtype::of_value",
        ))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.items(len, false, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        self.items(len, true, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(unknown(
            "a map, or a struct with a flattened field, has no field names of its own; take the dtype of a value: \
             Dtype::of_value",
        ))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let mut fields = Fields {
            names,
            next: 0,
            last: 0,
            unread: false,
            list: Vec::new(),
            tracer: self.tracer,
            depth: self.depth,
        };
        let value = visitor.visit_map(&mut fields);
        if let (Err(error), true) = (&value, fields.unread) {
            // It read the name and did not want the value: it has it already by the name before, as serde lists the
            // aliases of a field with its name, by the alphabet. The error has the field's own.
            if let (Some(name), Some(position)) = (error.field(), fields.next.checked_sub(1)) {
                let (names, name) = (slice_key(names), name.to_owned());
                fields.tracer.alias(names, fields.last, Some(name));
                fields.tracer.alias(names, position, None);
            }
        }
        *self.schema = Schema::Record(fields.list);
        value
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        for variant in variants {
            self.schema.text(self.tracer.width(variant))?;
        }
        self.tracer.variants = self.tracer.variants.max(variants.len());
        let variant = match variants.len() {
            0 => "",
            len => variants.get(self.tracer.variant % len).copied().unwrap_or_default(),
        };
        visitor
            .visit_enum(StrDeserializer::<Error>::new(variant))
            .map_err(|_| unsupported(&format!("{name}::{variant}, a variant that holds a value,")))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl Trace<'_> {
    fn items<'de, V: Visitor<'de>>(self, len: usize, is_struct: bool, visitor: V) -> Result<V::Value> {
        if len == 0 {
            return Err(unknown("an array or tuple of no items has no dtype"));
        }
        let mut items = Items {
            len,
            list: Vec::new(),
            tracer: self.tracer,
            depth: self.depth,
        };
        let value = visitor.visit_seq(&mut items)?;
        let items = items.list;
        *self.schema = Schema::Tuple { items, is_struct };
        Ok(value)
    }
}

struct Items<'a> {
    len: usize,
    list: Vec<Schema>,
    tracer: &'a mut Tracer,
    depth: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.list.len() == self.len {
            return Ok(None);
        }
        let mut item = Schema::Unknown;
        let value = Trace::inner(&mut item, self.tracer, self.depth, seed)?;
        self.list.push(item);
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len - self.list.len())
    }
}

struct Fields<'a> {
    names: &'static [&'static str],
    next: usize,
    /// The name whose value was read last.
    last: usize,
    /// Whether the last name's value is still to be read.
    unread: bool,
    list: Vec<(Cow<'static, str>, Schema)>,
    tracer: &'a mut Tracer,
    depth: usize,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        while self
            .tracer
            .find(self.names, self.next)
            .is_some_and(|alias| alias.name.is_none())
        {
            self.next += 1;
        }
        let Some(name) = self.names.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        self.unread = true;
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        self.unread = false;
        self.last = self.next.saturating_sub(1);
        let name = self.names.get(self.last).copied().unwrap_or_default();
        let alias = self
            .tracer
            .find(self.names, self.last)
            .and_then(|alias| alias.name.clone());
        let name = alias.map_or(Cow::Borrowed(name), Cow::Owned);
        let mut field = Schema::Unknown;
        let value = Trace::inner(&mut field, self.tracer, self.depth, seed).map_err(|error| error.in_field(&name))?;
        self.list.push((name, field));
        Ok(value)
    }
}
