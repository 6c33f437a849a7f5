//! Where the fields of a record lie, and how large records and subarrays may be.

use std::sync::Arc;

use super::{Dtype, Field, Record, Repr, Subarray};
use crate::error::{Error, ErrorKind, Result};

impl Dtype {
    /// A record of these fields, one after the other without padding.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if two fields share a name, or the size exceeds what NumPy can describe (`i32::MAX` bytes).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype = Dtype::record([("x", Dtype::of::<f32>()?), ("n", Dtype::of::<u8>()?)])?;
    /// assert_eq!(dtype.to_string(), "[('x', '<f4'), ('n', '|u1')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn record<N: Into<String>>(fields: impl IntoIterator<Item = (N, Dtype)>) -> Result<Dtype> {
        Dtype::lay_out(
            fields.into_iter().map(|(name, dtype)| (name.into(), None, dtype)),
            false,
        )
    }

    /// A record of these fields (name, title, dtype), each after the one before it; aligned as C would, or packed.
    pub(crate) fn lay_out(
        fields: impl IntoIterator<Item = (String, Option<String>, Dtype)>,
        aligned: bool,
    ) -> Result<Dtype> {
        let mut end = 0_usize;
        let mut alignment = 1;
        let mut laid = Vec::new();
        for (name, title, dtype) in fields {
            if aligned {
                alignment = alignment.max(dtype.alignment());
                end = aligned_to(end, dtype.alignment())?;
            }
            let offset = end;
            end = offset.checked_add(dtype.itemsize()).ok_or_else(record_too_large)?;
            laid.push(Field {
                name,
                title,
                offset,
                dtype,
            });
        }
        Dtype::record_at(laid, aligned_to(end, alignment)?, aligned)
    }

    /// A record of fields that know their offsets.
    ///
    /// The fields must be in the order of their offsets and not overlap; names and titles must differ.
    pub(crate) fn record_at(fields: Vec<Field>, itemsize: usize, aligned: bool) -> Result<Dtype> {
        if i32::try_from(itemsize).is_err() {
            return Err(record_too_large());
        }
        if let Some(name) = repeated_name(&fields) {
            return Err(Error::new(
                ErrorKind::Argument,
                format!("{name:?} names two fields of a record; names and titles must differ"),
            ));
        }
        let mut end = 0;
        for field in &fields {
            if field.offset < end {
                return Err(Error::new(
                    ErrorKind::Argument,
                    format!("field {:?} overlaps the one before it", field.name),
                ));
            }
            end = field.offset + field.dtype.itemsize();
        }
        if end > itemsize {
            return Err(Error::new(
                ErrorKind::Argument,
                format!("fields of a record end at byte {end}, after its itemsize {itemsize}"),
            ));
        }
        Ok(Dtype(Repr::Record(Arc::new(Record {
            fields,
            itemsize,
            aligned,
        }))))
    }

    /// An array of that shape of `base`, as a record's field holds it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if its size exceeds what NumPy can describe (`i32::MAX` bytes).
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let rotation = Dtype::subarray("<f8".parse()?, [3, 3])?;
    /// let pose = Dtype::record([("rotation", rotation), ("time", "<M8[ms]".parse()?)])?;
    /// assert_eq!(pose.to_string(), "[('rotation', '<f8', (3, 3)), ('time', '<M8[ms]')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn subarray(base: Dtype, shape: impl Into<Vec<usize>>) -> Result<Dtype> {
        let shape = shape.into();
        // As NumPy: an axis of length 0 ends the product, so that what follows it may be of any length.
        let count = shape
            .iter()
            .take_while(|&&dim| dim > 0)
            .try_fold(1_usize, |count, &dim| count.checked_mul(dim));
        let count = if shape.contains(&0) { count.map(|_| 0) } else { count };
        // An empty record has no bytes, but NumPy counts its repetitions all the same.
        let size = count.and_then(|count| count.checked_mul(base.itemsize().max(1)));
        if size.is_none_or(|size| i32::try_from(size).is_err()) || shape.iter().any(|&dim| i32::try_from(dim).is_err())
        {
            return Err(record_too_large());
        }
        Ok(Dtype(Repr::Subarray(Arc::new(Subarray { base, shape }))))
    }

    /// The same record laid out as C would lay out a struct; other dtypes as they are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`] if the padding makes it larger than NumPy can describe.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray_io::Dtype;
    ///
    /// let dtype: Dtype = "[('n', '|u1'), ('x', '<f8')]".parse()?;
    /// assert_eq!(dtype.aligned()?.to_string(), "[('n', '|u1'), ('', '|V7'), ('x', '<f8')]");
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn aligned(&self) -> Result<Dtype> {
        match &self.0 {
            Repr::Record(record) => {
                let fields = record
                    .fields
                    .iter()
                    .map(|field| Ok((field.name.clone(), field.title.clone(), field.dtype.aligned()?)))
                    .collect::<Result<Vec<_>>>()?;
                Dtype::lay_out(fields, true)
            }
            Repr::Subarray(sub) => Dtype::subarray(sub.base.aligned()?, sub.shape.clone()),
            _ => Ok(self.clone()),
        }
    }
}

/// A name or title that two of the fields, or one twice, have.
fn repeated_name(fields: &[Field]) -> Option<&str> {
    let names = fields
        .iter()
        .flat_map(|field| [Some(&field.name), field.title.as_ref()]);
    let names = names.flatten().map(String::as_str);
    if fields.len() <= 8 {
        // Comparing all pairs of so few is faster than hashing them.
        let mut all = names.clone().enumerate();
        return all.find_map(|(index, name)| names.clone().take(index).find(|&before| before == name));
    }
    let mut seen = std::collections::HashSet::with_capacity(fields.len());
    let mut names = names;
    names.find(|name| !seen.insert(*name))
}

fn aligned_to(end: usize, alignment: usize) -> Result<usize> {
    end.checked_next_multiple_of(alignment).ok_or_else(record_too_large)
}

#[cold]
fn record_too_large() -> Error {
    Error::new(
        ErrorKind::Argument,
        format!("an element of more than {} bytes; NumPy cannot describe it", i32::MAX),
    )
}
