//! What dtype values need: serde values are looked at until it is known.

use crate::dtype::Dtype;
use crate::error::Result;

pub(crate) fn dtype_of_values<'a, A: serde::Serialize + ?Sized + 'a>(
    _values: impl IntoIterator<Item = &'a A>,
) -> Result<Dtype> {
    Err(super::unsupported("stub"))
}
pub(crate) fn fit_dtype<'a, A: serde::Serialize + ?Sized + 'a>(
    dtype: &Dtype,
    _values: impl IntoIterator<Item = &'a A>,
) -> Result<Dtype> {
    Ok(dtype.clone())
}
