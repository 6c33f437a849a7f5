//! From the text to arrays.

use std::any::TypeId;
use std::io::Read;
use std::path::Path;

use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

use super::layout::{Layout, without_footer};
use super::options::GenFromTxt;
use crate::dtype::{Casting, Dtype, Kind, Repr, Scalar};
use crate::element::option_value;
use crate::element::scalar::{vec_into, with_native, with_own};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::{DynArray, Header};
use crate::text::encoding::Encoding;
use crate::text::filled::{FilledElements, FilledScalars, FilledTexts, Masked, Rules};
use crate::text::input::Source;
use crate::text::job::{Job, Parser, Shape, count, resolve};
use crate::text::lenient::Lenient;
use crate::text::names::Names;
use crate::text::records::{Decode, Elements, RawBytes};
use crate::text::rows::{Reading, Store};
use crate::text::shape::{Size, is_incomplete};
use crate::text::split::Splitter;
use crate::text::table::MaskedArray;

/// Where the text is.
pub(super) enum Input<'a> {
    Path(&'a Path),
    Reader(Box<dyn Read + 'a>),
}

/// What was read.
pub(super) struct Found<V> {
    pub(super) values: V,
    /// One for each field, if they were asked for.
    pub(super) mask: Vec<bool>,
    pub(super) size: Size,
    pub(super) fields: usize,
}

impl<V> Found<V> {
    fn map<W>(self, map: impl FnOnce(V) -> Result<W>) -> Result<Found<W>> {
        Ok(Found {
            values: map(self.values)?,
            mask: self.mask,
            size: self.size,
            fields: self.fields,
        })
    }
}

impl<A> Found<Vec<A>> {
    fn array<D: Dimension>(self) -> Result<Array<A, D>> {
        self.size.array(self.values)
    }

    fn masked<D: Dimension>(self) -> Result<MaskedArray<A, D>> {
        let mask = match self.size.is_record {
            true if self.fields > 0 => self
                .mask
                .chunks(self.fields)
                .map(|fields| fields.contains(&true))
                .collect(),
            true => vec![false; self.values.len()],
            false => self.mask,
        };
        Ok(MaskedArray {
            data: self.size.array(self.values)?,
            mask: self.size.array(mask)?,
        })
    }
}

impl GenFromTxt {
    pub(super) fn array<A: DeserializeOwned, D: Dimension>(&self, input: Input<'_>) -> Result<Array<A, D>> {
        self.values(input, false)?.array()
    }

    pub(super) fn masked<A: DeserializeOwned, D: Dimension>(&self, input: Input<'_>) -> Result<MaskedArray<A, D>> {
        self.values(input, true)?.masked()
    }

    /// Checks the options.
    pub(super) fn splitter(&self) -> Result<Splitter> {
        let fail = |message: String| Err(Error::new(ErrorKind::Argument, message));
        self.shared.check()?;
        match self.shared.max_rows {
            Some(0) => return fail("max_rows is 0; at least 1 works".to_owned()),
            Some(_) if self.skip_footer > 0 => {
                return fail("max_rows and skip_footer cannot be used together".to_owned());
            }
            _ => {}
        }
        Splitter::new(
            self.fields.clone(),
            self.comments.as_deref(),
            self.autostrip,
            self.shared.quotechar,
        )
    }

    fn open<'a>(&'a self, input: Input<'a>) -> Result<Source<'a>> {
        match input {
            Input::Path(path) => self.shared.open(path),
            Input::Reader(reader) => Ok(self.shared.source(reader)),
        }
    }

    pub(super) fn without_footer(&self, splitter: &Splitter, input: Input<'_>) -> Result<Vec<u8>> {
        let header = self.names == Names::FromHeader;
        without_footer(
            &mut self.open(input)?,
            splitter,
            self.skip_header,
            header,
            self.skip_footer,
        )
    }

    /// Gives `work` the text up to its footer.
    pub(super) fn with_source<T>(
        &self,
        splitter: &Splitter,
        input: Input<'_>,
        work: impl FnOnce(&mut Source<'_>) -> Result<T>,
    ) -> Result<T> {
        if self.skip_footer == 0 {
            return work(&mut self.open(input)?);
        }
        let text = self.without_footer(splitter, input)?;
        work(&mut self.shared.again(&text[..], Encoding::Utf8))
    }

    /// Reads the header and what it tells.
    pub(super) fn begin<'r, 's>(
        &self,
        source: &'r mut Source<'s>,
        splitter: &Splitter,
    ) -> Result<(Reading<'r, 's>, Layout)> {
        let mut reading = Reading::open(source, self.skip_header, self.shared.max_rows, self.shared.chunk)?;
        let (first, names) = match &self.names {
            Names::FromHeader => {
                let header = splitter.header();
                let names = reading.first_row(&header, |names| {
                    names.iter().map(|name| name.to_string()).collect::<Vec<_>>()
                })?;
                if names.is_some() {
                    reading.drop_row(&header);
                }
                (names.as_ref().map(Vec::len), names)
            }
            Names::List(names) => (reading.first_row(splitter, |row| row.len())?, Some(names.clone())),
            Names::Default => (reading.first_row(splitter, |row| row.len())?, None),
        };
        let names = names.map(|names| self.rules.given(&names)).transpose()?;
        // A dtype of more fields than are picked names those that have no name.
        let fields = self.shared.dtype.as_ref().map_or(0, |dtype| dtype.fields().len());
        let usecols = self.usecols.as_deref();
        let mut layout = Layout::new(first, names, usecols, |names| {
            match fields > usecols.map_or(0, <[_]>::len) {
                true => self.rules.validate(&names, Some(fields)),
                false => Ok(names),
            }
        })?;
        layout.resolve(&self.missing_values, &self.filling_values, &self.converters);
        Ok((reading, layout))
    }

    pub(super) fn rules_of<'a>(&self, splitter: &'a Splitter, layout: &'a Layout, masked: bool) -> Rules<'a> {
        Rules {
            splitter,
            missing: &layout.missing,
            fills: &layout.fills,
            loose: self.loose,
            masked,
        }
    }

    /// Reads all rows; those of another length are an error, or left out.
    pub(super) fn rows<P: Parser>(
        &self,
        reading: &mut Reading<'_, '_>,
        splitter: &Splitter,
        layout: &Layout,
        parser: &P,
        store: &mut impl Store<P::Part>,
    ) -> Result<()> {
        if layout.is_empty {
            return Ok(());
        }
        let job = Job {
            cut: splitter,
            skiprows: 0,
            max_rows: self.shared.max_rows,
            usecols: layout.usecols.as_deref(),
            converters: &layout.converters,
            fields: None,
            lenient: true,
            chunk: self.shared.chunk,
        };
        let shape = Shape {
            fields: layout.fields,
            columns: layout.columns,
            least: layout.least,
        };
        reading.read(&job, parser, shape, store)?;
        if reading.bad.count == 0 || !self.invalid_raise {
            return Ok(());
        }
        Err(layout.bad_rows(&reading.bad))
    }

    fn found<V>(&self, values: V, mask: Vec<bool>, rows: usize, layout: &Layout, is_record: bool) -> Found<V> {
        Found {
            values,
            mask,
            // NumPy makes an array of no rows, which has no columns then.
            size: self.shared.size(rows, (rows > 0).then_some(layout.columns), is_record),
            fields: layout.columns,
        }
    }

    fn scalars<T: Lenient>(&self, source: &mut Source<'_>, splitter: &Splitter, masked: bool) -> Result<Found<Vec<T>>> {
        let (mut reading, layout) = self.begin(source, splitter)?;
        let parser = FilledScalars::<T>::new(self.rules_of(splitter, &layout, masked), layout.columns);
        let mut store = Masked::<Vec<T>>::default();
        self.rows(&mut reading, splitter, &layout, &parser, &mut store)?;
        Ok(self.found(store.part, store.mask, reading.rows, &layout, false))
    }

    fn texts(&self, source: &mut Source<'_>, splitter: &Splitter, masked: bool) -> Result<Found<Vec<String>>> {
        let (mut reading, layout) = self.begin(source, splitter)?;
        let parser = FilledTexts {
            rules: self.rules_of(splitter, &layout, masked),
            latin1: self
                .shared
                .dtype
                .as_ref()
                .is_some_and(|dtype| dtype.kind() == Kind::Bytes),
        };
        let mut store = Masked::<Vec<String>>::default();
        self.rows(&mut reading, splitter, &layout, &parser, &mut store)?;
        Ok(self.found(store.part, store.mask, reading.rows, &layout, false))
    }

    /// Reads elements of a dtype into what `make` gives for them.
    fn elements<S: Store<crate::text::records::Part>>(
        &self,
        (mut reading, layout): (Reading<'_, '_>, &mut Layout),
        splitter: &Splitter,
        (dtype, flexible): (&Dtype, bool),
        masked: bool,
        make: impl FnOnce(&Elements) -> S,
    ) -> Result<Found<S>> {
        let elements = Elements::new(dtype, &splitter.syntax(), flexible)?.lenient();
        let fields = elements.fields();
        let is_record = dtype.kind() == Kind::Record && option_value(dtype).is_none();
        if is_record && !flexible && fields > 1 {
            layout.ignore_after(fields);
        }
        if is_record && fields != layout.columns && reading.first_row(splitter, |_| ())?.is_some() {
            let message = format!(
                "the table has {}, but the dtype has {}; usecols picks some of them",
                count(layout.columns, "column"),
                count(fields, "field")
            );
            return Err(Error::new(ErrorKind::Parse, message));
        }
        let parser = FilledElements::new(self.rules_of(splitter, layout, masked), elements, is_record);
        let mut store = Masked {
            part: make(parser.elements()),
            mask: Vec::new(),
        };
        self.rows(&mut reading, splitter, layout, &parser, &mut store)?;
        Ok(self.found(store.part, store.mask, reading.rows, layout, is_record))
    }

    fn values<A: DeserializeOwned>(&self, input: Input<'_>, masked: bool) -> Result<Found<Vec<A>>> {
        let splitter = &self.splitter()?;
        if self.shared.dtype.is_none() {
            with_own!(A, T => {
                let found = self.with_source(splitter, input, |source| self.scalars::<T>(source, splitter, masked))?;
                return found.map(|values| {
                    vec_into::<T, A>(values).map_err(|_| Error::new(ErrorKind::Element, "a scalar of another type"))
                });
            }, else => ());
        }
        if self.shared.dtype.is_none() && typeid::of::<A>() == TypeId::of::<String>() {
            let found = self.with_source(splitter, input, |source| self.texts(source, splitter, masked))?;
            return found.map(|texts| {
                vec_into::<String, A>(texts).map_err(|_| Error::new(ErrorKind::Element, "a string of another type"))
            });
        }
        let of_type = match &self.shared.dtype {
            Some(_) => None,
            None => Some(Dtype::of_text::<A>()?),
        };
        let flexible = of_type.is_some();
        self.with_source(splitter, input, |source| {
            let (reading, mut layout) = self.begin(source, splitter)?;
            let (dtype, casting) = match &of_type {
                Some(dtype) => (dtype.clone(), Casting::Equiv),
                None => (self.used::<A>(&layout)?, Casting::SameKind),
            };
            if flexible && layout.finds(&dtype) {
                layout.pick_fields(&dtype)?;
                layout.resolve(&self.missing_values, &self.filling_values, &self.converters);
            }
            let make = |elements: &Elements| Decode::new(elements, casting);
            let found = self.elements((reading, &mut layout), splitter, (&dtype, flexible), masked, make)?;
            found.map(|decoded| Ok(decoded.values))
        })
    }

    /// The dtype that was set, for elements of a type: the text's names become a record's if it has none of its own, or the
    /// same in another order; else it keeps its own. Of one that has more fields than columns are used, those.
    fn used<A: DeserializeOwned>(&self, layout: &Layout) -> Result<Dtype> {
        let dtype = self
            .shared
            .dtype
            .clone()
            .unwrap_or_else(|| Dtype::native(Scalar::Float64));
        let own = own_names(&dtype);
        let takes_names = match dtype.kind() {
            Kind::Record if is_numbered(&own) => true,
            Kind::Record => {
                let mut names = [self.record_names(&own, layout)?, own];
                names.iter_mut().for_each(|names| names.sort_unstable());
                names[0] == names[1]
            }
            _ => {
                Dtype::of_text::<A>().is_ok_and(|dtype| dtype.kind() == Kind::Record && option_value(&dtype).is_none())
            }
        };
        if takes_names {
            return self.dtype_of(layout);
        }
        let fields = dtype.fields().iter();
        let fields: Vec<_> = fields
            .map(|field| (field.name().to_owned(), field.dtype().clone()))
            .collect();
        match picked(&fields, layout)? {
            Some(picked) if dtype.kind() == Kind::Record => Dtype::record(picked),
            _ => Ok(dtype),
        }
    }

    /// The names that a record's fields get, of these of its own and those of the text.
    fn record_names(&self, own: &[String], layout: &Layout) -> Result<Vec<String>> {
        let used = layout.usecols.as_ref().map(Vec::len) == Some(own.len());
        match (&layout.all_names, &layout.names) {
            // A field for each of the used columns has its name.
            (_, Some(names)) if used && names.len() == own.len() => Ok(names.clone()),
            (Some(names), _) => self.rules.validate(names, Some(own.len())),
            _ if is_numbered(own) => self.rules.defaults(own.len()),
            _ => self.rules.validate(own, None),
        }
    }

    /// The dtype that names and columns make of the one that was set, as NumPy has it.
    fn dtype_of(&self, layout: &Layout) -> Result<Dtype> {
        let dtype = self
            .shared
            .dtype
            .clone()
            .unwrap_or_else(|| Dtype::native(Scalar::Float64));
        let fields: Vec<(String, Dtype)> = match (dtype.kind(), &layout.all_names) {
            (Kind::Record, _) => {
                let own = own_names(&dtype);
                let names = self.record_names(&own, layout)?;
                if names == own && own.len() <= layout.columns.max(1) {
                    return Ok(dtype); // with its offsets
                }
                names
                    .into_iter()
                    .zip(dtype.fields().iter().map(|field| field.dtype().clone()))
                    .collect()
            }
            (_, None) => return Ok(dtype),
            (_, Some(names)) => {
                let names = self.rules.validate(names, None)?;
                names.into_iter().map(|name| (name, dtype.clone())).collect()
            }
        };
        match picked(&fields, layout)? {
            Some(picked) => Dtype::record(picked),
            None => Dtype::record(fields),
        }
    }

    pub(super) fn dynamic(&self, input: Input<'_>) -> Result<DynArray> {
        let splitter = &self.splitter()?;
        let dtype = self
            .shared
            .dtype
            .clone()
            .unwrap_or_else(|| Dtype::native(Scalar::Float64));
        if self.names == Names::Default {
            match dtype.0 {
                Repr::Scalar(scalar, _) => with_native!(scalar, T => {
                    let found = self.with_source(splitter, input, |source| self.scalars::<T>(source, splitter, false))?;
                    let header = Header::new(dtype, found.size.order(), found.size.shape());
                    return DynArray::from_values(header, found.values);
                }, else => ()),
                _ if is_incomplete(&dtype) => {
                    let found = self.with_source(splitter, input, |source| self.texts(source, splitter, false))?;
                    return found.size.strings(&dtype, &found.values);
                }
                _ => {}
            }
        }
        self.with_source(splitter, input, |source| {
            let (found, _, dtype) = self.raw(source, splitter, false)?;
            DynArray::from_raw(dtype, found.size.shape(), found.size.order(), found.values.bytes)
        })
    }

    /// The rows as raw bytes of what dtype they have.
    pub(super) fn raw(
        &self,
        source: &mut Source<'_>,
        splitter: &Splitter,
        masked: bool,
    ) -> Result<(Found<RawBytes>, Layout, Dtype)> {
        let (reading, mut layout) = self.begin(source, splitter)?;
        let dtype = self.dtype_of(&layout)?;
        let make = |elements: &Elements| RawBytes {
            bytes: Vec::new(),
            fields: elements.fields(),
            size: dtype.itemsize(),
        };
        let found = self.elements((reading, &mut layout), splitter, (&dtype, false), masked, make)?;
        Ok((found, layout, dtype))
    }
}

fn own_names(dtype: &Dtype) -> Vec<String> {
    dtype.fields().iter().map(|field| field.name().to_owned()).collect()
}

/// Whether fields have no names but those that NumPy gives.
fn is_numbered(names: &[String]) -> bool {
    names
        .iter()
        .enumerate()
        .all(|(index, name)| *name == format!("f{index}"))
}

/// The fields that `usecols` picks of more than it has columns.
fn picked(fields: &[(String, Dtype)], layout: &Layout) -> Result<Option<Vec<(String, Dtype)>>> {
    let Some(usecols) = layout.usecols.as_ref().filter(|usecols| fields.len() > usecols.len()) else {
        return Ok(None);
    };
    let picked = usecols
        .iter()
        .map(|column| fields.get(resolve(*column, fields.len())?).cloned());
    let missing = || Error::new(ErrorKind::Argument, "usecols asks for a column that the dtype has not");
    picked.collect::<Option<_>>().ok_or_else(missing).map(Some)
}

#[cfg(test)]
mod tests {
    use ndarray::IxDyn;

    use super::*;

    /// All that a text is read as, errors included, with so much of it given to a thread at a time.
    fn read(options: &GenFromTxt, text: &[u8], chunk: usize) -> Vec<String> {
        let mut options = options.clone();
        options.shared.chunk = chunk;
        fn show<T: std::fmt::Debug>(result: Result<T>) -> String {
            match result {
                Ok(value) => format!("{value:?}"),
                Err(error) => error.to_string(),
            }
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, text).unwrap();
        vec![
            show(options.read_dyn(text)),
            show(options.read_table(text)),
            show(options.read_masked::<_, i64, IxDyn>(text)),
            show(options.read_masked::<_, String, IxDyn>(text)),
            show(options.read::<_, Option<f32>, IxDyn>(text)),
            // A table that is read again for some of its columns.
            show(
                options
                    .read_table_path(&file)
                    .map_err(|error| Error::new(error.kind(), "")),
            ),
        ]
    }

    #[test]
    fn blocks_do_not_show() {
        let mut numbers = String::from("# a, b ,c\n\n");
        for row in 0..120 {
            numbers += &format!(
                "{row}, {},{}{}\n",
                ["", "-", "2.5"][row % 3],
                row * 3,
                [" ", " # c", "\r"][row % 3]
            );
        }
        let late = numbers.replace("95, -", "95, é") + "120,1j,-999\n121,x,0.5\n";
        let comma = || GenFromTxt::new().delimiter(",");
        let texts: Vec<(GenFromTxt, Vec<u8>)> = vec![
            (comma(), numbers.clone().into_bytes()),
            (
                comma().names(Names::FromHeader).missing_values("-"),
                late.clone().into_bytes(),
            ),
            (comma().autostrip(true).missing_values([(2, -999)]), late.into_bytes()),
            (
                comma().usecols([-1, 0]).skip_header(5).max_rows(70),
                numbers.clone().into_bytes(),
            ),
            (comma().skip_footer(3).filling_values(7), numbers.clone().into_bytes()),
            (
                comma(),
                numbers.replace("60, ", "60; ").replace("90, ", "90,, ").into_bytes(),
            ),
            (
                comma().invalid_raise(false),
                numbers.replace("60, ", "60; ").into_bytes(),
            ),
            (
                comma().loose(false),
                numbers.replace("33, ", "x, ").replace("66, ", "y, ").into_bytes(),
            ),
            (comma(), [numbers.as_bytes(), b"1,\xff,3\n"].concat()),
            (GenFromTxt::new().field_widths([2, 3, 2]), numbers.clone().into_bytes()),
            (
                comma().quotechar('"'),
                b"1,\"a\nb\",2\n\n3,\"q\"\"\",4\r\n5,\"\",6\n7,\"open\n".to_vec(),
            ),
            (
                comma().encoding(Encoding::Utf16),
                numbers.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ),
        ];
        for (options, text) in &texts {
            let expected = read(options, text, 1 << 18);
            for chunk in 1..=64 {
                assert_eq!(read(options, text, chunk), expected, "{options:?} in chunks of {chunk}");
            }
        }
    }
}
