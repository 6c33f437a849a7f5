//! The keys of maps, which become field names.

use serde::ser::{Impossible, Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};

pub(crate) struct KeySerializer;

fn no_name() -> Error {
    Error::new(
        ErrorKind::Element,
        "a map whose keys are no text, which the fields of a record need as names",
    )
}

macro_rules! display {
    ($($method:ident($T:ty)),*) => {$(
        fn $method(self, value: $T) -> Result<String> {
            Ok(value.to_string())
        }
    )*};
}
macro_rules! refuse {
    ($($method:ident($($T:ty),*) -> $R:ty;)*) => {$(
        fn $method(self, $(_: $T),*) -> Result<$R> {
            Err(no_name())
        }
    )*};
}
type No = Impossible<String, Error>;

impl Serializer for KeySerializer {
    type Ok = String;
    type Error = Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    display!(
        serialize_str(&str),
        serialize_char(char),
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64)
    );

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<String> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<String> {
        value.serialize(self)
    }

    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<String> {
        Err(no_name())
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String> {
        Err(no_name())
    }

    refuse! {
        serialize_f32(f32) -> String;
        serialize_f64(f64) -> String;
        serialize_bytes(&[u8]) -> String;
        serialize_none() -> String;
        serialize_unit() -> String;
        serialize_unit_struct(&'static str) -> String;
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}
