//! Rust values to and from the bytes of elements.
//!
//! From the bottom up: `scalar` is what is copied in bulk, `wide` and `convert` what becomes another scalar;
//! `calendar`, `tag` and `datetime` are times, `longdouble` numbers that Rust has not, `parse` and `print` those of text, by what `python` allows. A dtype
//! comes of a type by `trace`, of values by `measure`, over `schema`; `probe` asks for a type's own axes. `plan` is made of a
//! dtype once for an array: by it `ser` writes an element and `de` reads one, over `value`; `flat` is the short way for
//! numbers alone; `encode` and `decode` go through rows.

mod calendar;
mod convert;
mod datetime;
mod de;
mod decode;
mod encode;
mod flat;
#[cfg(feature = "jiff")]
mod jiff;
pub(crate) mod key;
mod longdouble;
mod measure;
mod parse;
mod plan;
mod print;
mod probe;
mod python;
mod refuse;
pub(crate) mod scalar;
mod schema;
mod ser;
mod tag;
mod trace;
mod traits;
mod value;
mod wide;

#[cfg(feature = "object")]
pub(crate) use calendar::Date;
pub(crate) use calendar::Time;
#[cfg(feature = "text")]
pub(crate) use calendar::{NAT, parse_datetime, parse_timedelta};
#[cfg(any(feature = "text", feature = "object"))]
pub(crate) use convert::half_of;
#[cfg(feature = "text")]
pub(crate) use convert::store_one;
pub use datetime::{Datetime64, TimeUnit, Timedelta64, units};
#[cfg(feature = "npz")]
pub(crate) use decode::Rows;
pub(crate) use decode::{Decoder, Texts};
pub(crate) use encode::Encoder;
#[cfg(feature = "text")]
pub(crate) use longdouble::{from_f64 as long_double_from_f64, to_f64 as long_double_to_f64};
pub(crate) use measure::{dtype_of_values, fit_dtype};
#[cfg(feature = "text")]
pub(crate) use print::point_layout;
pub(crate) use probe::axes;
#[cfg(feature = "text")]
pub(crate) use python::plain_number;
#[cfg(feature = "npz")]
pub(crate) use refuse::unsupported;
#[cfg(feature = "text")]
pub(crate) use schema::option_value;
#[cfg(feature = "npz")]
pub(crate) use schema::{known, of_none};
#[cfg(feature = "object")]
pub(crate) use tag::to_unit;
#[cfg(any(feature = "npz", feature = "object"))]
pub(crate) use tag::{Tag, tag_of};
pub use traits::{ReadableElement, ViewElement, ViewMutElement, WritableElement};
#[cfg(feature = "text")]
pub(crate) use value::decode_text;
pub(crate) use value::without_padding;
#[cfg(feature = "text")]
pub(crate) use wide::Wide;

#[cfg(test)]
mod tests;
