//! From the text to tables.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

use super::options::GenFromTxt;
use super::read::Input;
use crate::dtype::{Dtype, Kind};
use crate::error::{Error, ErrorKind, Result};
use crate::npy::DynArray;
use crate::text::encoding::Encoding;
use crate::text::infer::{Infer, Texts, Values};
use crate::text::input::Source;
use crate::text::job::count;
use crate::text::packing::decompress;
use crate::text::split::Splitter;
use crate::text::table::{Table, TableColumn};

/// Keeps what is read.
struct Tee<R> {
    inner: R,
    kept: Rc<RefCell<Vec<u8>>>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.kept.borrow_mut().extend_from_slice(&buf[..count]);
        Ok(count)
    }
}

impl GenFromTxt {
    pub(super) fn table(&self, input: Input<'_>) -> Result<Table> {
        let splitter = &self.splitter()?;
        if self.shared.dtype.is_some() {
            return self.with_source(splitter, input, |source| self.given_table(source, splitter));
        }
        if self.skip_footer > 0 {
            let text = self.without_footer(splitter, input)?;
            let open = || Ok(self.shared.again(&text[..], Encoding::Utf8));
            return self.inferred_table(splitter, &mut open()?, open);
        }
        let reader: Box<dyn Read + '_> = match input {
            Input::Path(path) if path.is_file() => {
                let again =
                    || Ok(Source::open(path, self.shared.encoding, None)?.with_max_row(self.shared.max_row_size));
                return self.inferred_table(splitter, &mut self.shared.open(path)?, again);
            }
            // A pipe can be read once only.
            Input::Path(path) => Box::new(decompress(File::open(path)?)?),
            Input::Reader(reader) => reader,
        };
        let kept = Rc::new(RefCell::new(Vec::new()));
        let keep = Tee {
            inner: reader,
            kept: Rc::clone(&kept),
        };
        let mut source = self.shared.source(keep);
        self.inferred_table(splitter, &mut source, || {
            let text = io::Cursor::new(kept.take());
            Ok(self.shared.again(text, self.shared.encoding))
        })
    }

    fn inferred_table<'a>(
        &self,
        splitter: &Splitter,
        source: &mut Source<'_>,
        again: impl FnOnce() -> Result<Source<'a>>,
    ) -> Result<Table> {
        let (mut reading, layout) = self.begin(source, splitter)?;
        let rules = self.rules_of(splitter, &layout, true);
        let mut infer = Infer::new(rules, layout.columns);
        // A text of nothing has the columns that are picked, and no others.
        for (key, dtype) in self.column_dtypes.iter().filter(|_| layout.columns > 0) {
            infer.give(layout.find(key)?, dtype)?;
        }
        let mut columns = infer.columns();
        self.rows(&mut reading, splitter, &layout, &infer, &mut columns)?;
        let rows = reading.rows;
        if let Some((only, rows)) = columns.lost() {
            let infer = Infer::new(rules, layout.columns).again(only);
            let options = self.clone().max_rows(rows);
            let mut source = again()?;
            let (mut reading, _) = options.begin(&mut source, splitter)?;
            let mut starts = infer.columns();
            options.rows(&mut reading, splitter, &layout, &infer, &mut starts)?;
            columns.restore(starts)?;
        }
        let mut columns = columns.finish()?;
        let names: Texts = match &layout.names {
            // Names and columns go together as far as both go.
            Some(names) if names.len() >= columns.len() || rows == 0 => {
                columns.truncate(names.len());
                names.iter().take(columns.len()).collect()
            }
            Some(names) => {
                let message = format!(
                    "there are {}, but the table has {}",
                    count(names.len(), "name"),
                    count(columns.len(), "column")
                );
                return Err(Error::new(ErrorKind::Argument, message));
            }
            None => self.rules.defaults(columns.len())?,
        };
        let columns = columns.into_iter().enumerate().map(|(index, column)| {
            let Some(given) = infer.given(index) else {
                return Ok(TableColumn::inferred(column, layout.fills.get(index)));
            };
            let values = match &column.values {
                Values::Text(texts) => given.values(&rules, texts.iter())?,
                _ => given.values(&rules, std::iter::empty())?,
            };
            Ok(TableColumn::given(values, column.marks))
        });
        let columns = columns.collect::<Result<_>>()?;
        let mut table = Table::new(names, layout.names.is_some(), columns, rows)?;
        if table.is_record() {
            table.mask_equals(&layout.missing);
        }
        Ok(table)
    }

    /// A table of the dtype that was set.
    fn given_table(&self, source: &mut Source<'_>, splitter: &Splitter) -> Result<Table> {
        let (found, layout, dtype) = self.raw(source, splitter, true)?;
        let (size, order) = (found.size, ndarray::Order::RowMajor);
        let is_record = dtype.kind() == Kind::Record;
        let (dtype, rows) = match dtype.kind() {
            Kind::Record => (dtype, size.rows),
            _ => {
                let names: Vec<String> = self.rules.defaults(layout.columns)?;
                (
                    Dtype::record(names.into_iter().map(|name| (name, dtype.clone())))?,
                    size.rows,
                )
            }
        };
        let DynArray::Record(records) = DynArray::from_raw(dtype.clone(), vec![rows], order, found.values.bytes)?
        else {
            return Err(Error::new(
                ErrorKind::Dtype,
                format!("{} is no record", dtype.describe()),
            ));
        };
        let mut columns = Vec::new();
        let mut first = 0;
        for field in dtype.fields() {
            let width = crate::text::columns::columns(&Dtype::record([("", field.dtype().clone())])?)?.len();
            let mask = found.mask.chunks(found.fields.max(1));
            let mask = mask.map(|row| {
                row.get(first..first + width)
                    .is_some_and(|fields| fields.contains(&true))
            });
            columns.push(TableColumn::given(records.field(field.name())?, mask.collect()));
            first += width;
        }
        let names = dtype.fields().iter().map(|field| field.name()).collect();
        let mut table = Table::new(names, true, columns, rows)?;
        if is_record {
            table.mask_equals(&layout.missing);
        }
        Ok(table)
    }
}
