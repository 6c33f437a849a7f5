//! Arrays that tell which of their values are missing.

use ndarray::{Array, Dimension};

/// An array, and which of its values are missing.
///
/// `mask` has the shape of `data` and is true where a value is missing; `data` has a filling value there.
///
/// # Examples
///
/// ```
/// use ndarray::{Ix1, array};
/// use ndarray_io::{GenFromTxt, MaskedArray};
///
/// let a: MaskedArray<f64, Ix1> = GenFromTxt::new().missing_values("N/A").read_masked(&b"1\nN/A\n3\n"[..])?;
/// assert_eq!(a.mask, array![false, true, false]);
/// assert_eq!(a.filled(0.0), array![1.0, 0.0, 3.0]);
/// assert_eq!(a.valid().sum::<f64>(), 4.0);
/// # Ok::<(), ndarray_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedArray<A, D: Dimension> {
    /// The values.
    pub data: Array<A, D>,
    /// Where they are missing.
    pub mask: Array<bool, D>,
}

impl<A, D: Dimension> MaskedArray<A, D> {
    /// The values, with `value` where one is missing.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Ix1, array};
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a = GenFromTxt::new().delimiter(",").read_masked::<_, f64, Ix1>(&b"1,,3\n"[..])?;
    /// assert_eq!(a.filled(0.0), array![1.0, 0.0, 3.0]);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn filled(&self, value: A) -> Array<A, D>
    where
        A: Clone,
    {
        let mut filled = self.data.clone();
        filled.zip_mut_with(&self.mask, |item, &missing| {
            if missing {
                *item = value.clone();
            }
        });
        filled
    }

    /// The values that are not missing, in the order of rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Ix1;
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a = GenFromTxt::new().delimiter(",").read_masked::<_, f64, Ix1>(&b"1,,3\n"[..])?;
    /// assert_eq!(a.valid().sum::<f64>(), 4.0);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn valid(&self) -> impl Iterator<Item = &A> {
        let both = self.data.iter().zip(&self.mask);
        both.filter_map(|(value, &missing)| (!missing).then_some(value))
    }

    /// How many values are missing.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::Ix1;
    /// use ndarray_io::GenFromTxt;
    ///
    /// let a = GenFromTxt::new().delimiter(",").read_masked::<_, f64, Ix1>(&b"1,,3\n"[..])?;
    /// assert_eq!(a.missing(), 1);
    /// # Ok::<(), ndarray_io::Error>(())
    /// ```
    pub fn missing(&self) -> usize {
        self.mask.iter().filter(|&&missing| missing).count()
    }
}
