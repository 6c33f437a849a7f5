//! From the text to arrays.

use std::any::TypeId;

use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

use super::options::LoadTxt;
use crate::dtype::{Casting, Dtype, Kind, Repr, Scalar};
use crate::element::option_value;
use crate::element::scalar::{vec_into, with_native, with_own};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{DynArray, Header};
use crate::text::input::Source;
use crate::text::job::{Job, count};
use crate::text::lex::Syntax;
use crate::text::records::{Decode, Elements, RawBytes};
use crate::text::rows;
use crate::text::shape::{Size, is_incomplete};
use crate::text::values::{Scalars, Strings};

impl LoadTxt {
    fn syntax(&self) -> Result<Syntax> {
        self.shared.check()?;
        Syntax::new(self.delimiter.as_deref(), &self.comments, self.shared.quotechar)
    }

    /// What to read; `fields` of a dtype that is a record.
    fn job<'a>(&'a self, syntax: &'a Syntax, fields: Option<usize>) -> Result<Job<'a>> {
        if let (Some(usecols), Some(fields)) = (&self.usecols, fields)
            && usecols.len() != fields
        {
            return Err(Error::new(
                ErrorKind::Argument,
                format!(
                    "usecols has {}, but the dtype has {}",
                    count(usecols.len(), "column"),
                    count(fields, "field")
                ),
            ));
        }
        Ok(Job {
            cut: syntax,
            skiprows: self.skiprows,
            max_rows: self.shared.max_rows,
            usecols: self.usecols.as_deref(),
            converters: &self.converters,
            fields,
            lenient: false,
            chunk: self.shared.chunk,
        })
    }

    pub(super) fn read_source<A: DeserializeOwned, D: Dimension>(
        &self,
        source: &mut Source<'_>,
    ) -> Result<Array<A, D>> {
        let syntax = self.syntax()?;
        if self.shared.dtype.is_none() {
            with_own!(A, T => {
                let mut values = Vec::<T>::new();
                let size = rows::read(&self.job(&syntax, None)?, source, &Scalars::<T>::new(&syntax), &mut values)?;
                if let Ok(values) = vec_into::<T, A>(values) {
                    return self.size(size, false).array(values);
                }
            }, else => ());
        }
        if self.shared.dtype.is_none() && typeid::of::<A>() == TypeId::of::<String>() {
            let mut texts = Vec::new();
            let size = rows::read(&self.job(&syntax, None)?, source, &Strings::any(), &mut texts)?;
            if let Ok(texts) = vec_into::<String, A>(texts) {
                return self.size(size, false).array(texts);
            }
        }
        let (dtype, casting) = match &self.shared.dtype {
            Some(dtype) => (dtype.clone(), Casting::SameKind),
            None => (Dtype::of_text::<A>()?, Casting::Equiv),
        };
        let elements = Elements::new(&dtype, &syntax, self.shared.dtype.is_none())?;
        let is_record = dtype.kind() == Kind::Record && option_value(&dtype).is_none();
        let job = self.job(&syntax, is_record.then(|| elements.fields()))?;
        let mut values = Decode::new(&elements, casting);
        let size = rows::read(&job, source, &elements, &mut values)?;
        self.size(size, is_record).array(values.values)
    }

    pub(super) fn read_dyn_source(&self, source: &mut Source<'_>) -> Result<DynArray> {
        let syntax = self.syntax()?;
        let dtype = self
            .shared
            .dtype
            .clone()
            .unwrap_or_else(|| Dtype::native(Scalar::Float64));
        match dtype.0 {
            Repr::Scalar(scalar, _) => with_native!(scalar, T => {
                let mut values = Vec::<T>::new();
                let size = rows::read(&self.job(&syntax, None)?, source, &Scalars::<T>::new(&syntax), &mut values)?;
                values.shrink_to_fit();
                let size = self.size(size, false);
                return DynArray::from_values(Header::new(dtype, size.order(), size.shape()), values);
            }, else => ()),
            _ if is_incomplete(&dtype) => {
                let mut texts = Vec::new();
                let size = rows::read(&self.job(&syntax, None)?, source, &Strings::of(&dtype)?, &mut texts)?;
                return self.size(size, false).strings(&dtype, &texts);
            }
            _ => {}
        }
        let elements = Elements::new(&dtype, &syntax, false)?;
        let is_record = dtype.kind() == Kind::Record;
        let job = self.job(&syntax, is_record.then(|| elements.fields()))?;
        let mut raw = RawBytes {
            bytes: Vec::new(),
            fields: elements.fields(),
            size: dtype.itemsize(),
        };
        let size = rows::read(&job, source, &elements, &mut raw)?;
        raw.bytes.shrink_to_fit();
        let size = self.size(size, is_record);
        DynArray::from_raw(dtype, size.shape(), size.order(), raw.bytes)
    }

    fn size(&self, (rows, columns): (usize, Option<usize>), is_record: bool) -> Size {
        self.shared.size(rows, columns, is_record)
    }
}
