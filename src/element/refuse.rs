//! What is no element, in whichever serializer: one list for the one that measures and the one that writes.

use crate::error::{Error, ErrorKind};

/// The error for a type that is no element.
#[cold]
pub(crate) fn unsupported(name: &str) -> Error {
    Error::new(
        ErrorKind::Element,
        format!("{name} cannot be an array element; see the table of element types in the crate's documentation"),
    )
}

/// The methods of a `Serializer` for types that cannot be an array's elements.
macro_rules! refused_types {
    () => {
        type SerializeTupleVariant = serde::ser::Impossible<(), Error>;
        type SerializeStructVariant = serde::ser::Impossible<(), Error>;

        fn serialize_i128(self, _: i128) -> Result<()> {
            Err(super::refuse::unsupported("i128"))
        }

        fn serialize_u128(self, _: u128) -> Result<()> {
            Err(super::refuse::unsupported("u128"))
        }

        fn serialize_unit_struct(self, name: &'static str) -> Result<()> {
            Err(super::refuse::unsupported(name))
        }

        fn serialize_newtype_variant<T: ?Sized + Serialize>(
            self,
            name: &'static str,
            _: u32,
            variant: &'static str,
            _: &T,
        ) -> Result<()> {
            Err(super::refuse::unsupported(&format!("{name}::{variant}(..)")))
        }

        fn serialize_tuple_variant(
            self,
            name: &'static str,
            _: u32,
            variant: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleVariant> {
            Err(super::refuse::unsupported(&format!("{name}::{variant}(..)")))
        }

        fn serialize_struct_variant(
            self,
            name: &'static str,
            _: u32,
            variant: &'static str,
            _: usize,
        ) -> Result<Self::SerializeStructVariant> {
            Err(super::refuse::unsupported(&format!("{name}::{variant} {{ .. }}")))
        }

        fn is_human_readable(&self) -> bool {
            false
        }
    };
}
pub(super) use refused_types;
