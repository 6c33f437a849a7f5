//! What dtype a type needs. (To be replaced whole: this one knows the scalars only.)

use serde::de::DeserializeOwned;

use crate::dtype::{Dtype, Scalar};
use crate::error::Result;

impl Dtype {
    /// The dtype of a type.
    #[allow(missing_docs, clippy::missing_errors_doc)]
    pub fn of<T: DeserializeOwned>() -> Result<Dtype> {
        Scalar::of::<T>()
            .map(Dtype::native)
            .ok_or_else(|| super::unsupported("stub"))
    }
}
