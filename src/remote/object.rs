//! An object of a store, by ranges of its bytes.

use std::error::Error as _;
use std::io;
use std::iter;
use std::ops::Range;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use object_store::client::HttpError;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult, GetResultPayload, ObjectStore, ObjectStoreExt};

use super::options::RemoteOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::npy::Plan;
use crate::storage::memory;

/// What the first request asks for: every header within NumPy's limit, and small files whole.
pub(super) const FIRST: u64 = 64 << 10;

/// An object as it was when it was opened.
#[derive(Debug)]
pub(super) struct Object {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
    /// Sent along with every later request, so that no bytes of another object get among these.
    e_tag: Option<String>,
    pub(super) options: RemoteOptions,
}

/// Bytes of an object that were fetched already.
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) bytes: Vec<u8>,
}

impl Piece {
    #[cfg(feature = "npz")]
    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// The bytes from that one on, if it is among them.
    pub(super) fn from(&self, at: u64) -> &[u8] {
        let index = at.checked_sub(self.start).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.bytes.get(index..)).unwrap_or_default()
    }
}

impl Object {
    /// Opens an object by fetching a first piece of it.
    pub(super) async fn open(
        store: Arc<dyn ObjectStore>,
        path: Path,
        options: &RemoteOptions,
        first: GetRange,
    ) -> Result<(Object, Piece)> {
        let mut object = Object {
            store,
            path,
            size: 0,
            e_tag: None,
            options: options.clone(),
        };
        match object.first(first).await {
            Ok(piece) => Ok((object, piece)),
            Err(error) => Err(object.locate(error)),
        }
    }

    async fn first(&mut self, range: GetRange) -> Result<Piece> {
        let error = match self.get(Some(range.clone())).await {
            Ok(result) => return self.first_piece(result).await,
            Err(error) => error,
        };
        let is_unsupported = matches!(error, object_store::Error::NotSupported { .. });
        if !is_unsupported && !is_unspecific_answer(&error) {
            return Err(self.refused(error));
        }
        let Ok(meta) = self.store.head(&self.path).await else {
            return Err(self.refused(error));
        };
        if meta.size == 0 {
            // It has no range at all.
            return Ok(Piece {
                start: 0,
                bytes: Vec::new(),
            });
        }
        if !is_unsupported {
            return Err(self.refused(error));
        }
        if let GetRange::Suffix(len) = range {
            // Azure has ranges, but none that count from the end.
            let end = meta.size.saturating_sub(len)..meta.size;
            match self.get(Some(end.into())).await {
                Ok(result) => return self.first_piece(result).await,
                Err(object_store::Error::NotSupported { .. }) => {}
                Err(error) => return Err(self.refused(error)),
            }
        }
        self.whole(error).await
    }

    /// All of an object whose server has no ranges of it, which is what the error says.
    async fn whole(&mut self, error: object_store::Error) -> Result<Piece> {
        if !self.options.allow_whole {
            return Err(Error::new(
                ErrorKind::Io,
                format!(
                    "{} sends no ranges of its files; `RemoteOptions::allow_whole` fetches the file whole, \
                     however little is wanted of it",
                    self.store
                ),
            )
            .with_source(io::Error::from(error)));
        }
        let result = self.get(None).await.map_err(|error| self.refused(error))?;
        limits::check_bytes(
            "file, to be fetched whole,",
            result.meta.size,
            self.options.read.max_bytes,
        )?;
        self.first_piece(result).await
    }

    /// A piece that grows with the bytes that come: a server may claim any number of them.
    async fn first_piece(&mut self, result: GetResult) -> Result<Piece> {
        self.size = result.meta.size;
        // A weak tag is of what looks the same: no server takes it for a condition.
        self.e_tag = result.meta.e_tag.clone().filter(|tag| !tag.starts_with("W/"));
        let start = result.range.start;
        let mut bytes = Vec::new();
        self.receive(result, |chunk| bytes.extend_from_slice(chunk)).await?;
        Ok(Piece { start, bytes })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Names the object of an error.
    pub(super) fn locate(&self, error: Error) -> Error {
        error.in_path(self.path.as_ref())
    }

    /// More of the object, as a piece of its own.
    pub(super) async fn piece(&self, range: Range<u64>) -> Result<Piece> {
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let mut bytes = memory::zeroed(len)?;
        self.fetch(range.start, &mut bytes).await?;
        Ok(Piece {
            start: range.start,
            bytes,
        })
    }

    /// Fills `buffer` from that byte of the object on, less what is known of it.
    #[cfg_attr(not(feature = "npz"), allow(dead_code))] // members of archives are read so
    pub(super) async fn read(&self, known: &Piece, at: u64, buffer: &mut [u8]) -> Result<()> {
        let (at, buffer) = copy_known(known, at, buffer);
        let starts = (at..).step_by(self.options.range_size);
        let ranges = buffer.chunks_mut(self.options.range_size).zip(starts);
        self.all(ranges.map(|(part, at)| self.fetch(at, part))).await
    }

    /// Fills `output` with the slice that `plan` is, of data that starts at that byte of the object.
    pub(super) async fn read_plan(&self, known: &Piece, start: u64, plan: Plan, output: &mut [u8]) -> Result<()> {
        let reads = plan.reads(self.options.gap, self.options.range_size);
        let direct = reads.is_direct();
        let parts = reads.spans(output).flat_map(|(span, part)| {
            // What is read over is no longer than a range; what is wanted whole is cut.
            let most = if direct {
                self.options.range_size
            } else {
                part.len().max(1)
            };
            let starts = (start + span.offset..).step_by(most);
            let span = Arc::new(span);
            part.chunks_mut(most).zip(starts).zip(iter::repeat(span))
        });
        let reads = &reads;
        self.all(parts.map(|((part, at), span)| async move {
            if direct {
                let (at, part) = copy_known(known, at, part);
                return self.fetch(at, part).await;
            }
            let mut bytes = memory::zeroed(span.len)?;
            let (at, missing) = copy_known(known, at, &mut bytes);
            self.fetch(at, missing).await?;
            reads.pick(&span, &bytes, part);
            Ok(())
        }))
        .await
    }

    /// Does all of that, some of it at a time, up to the first error.
    async fn all<F: Future<Output = Result<()>>>(&self, work: impl Iterator<Item = F>) -> Result<()> {
        let mut running = FuturesUnordered::new();
        for request in work {
            running.push(request);
            if running.len() >= self.options.in_flight {
                running.next().await.unwrap_or(Ok(()))?;
            }
        }
        while let Some(done) = running.next().await {
            done?;
        }
        Ok(())
    }

    /// Fills `buffer` by one request.
    async fn fetch(&self, at: u64, buffer: &mut [u8]) -> Result<()> {
        if buffer.is_empty() {
            return Ok(());
        }
        let range = at..at + buffer.len() as u64;
        let result = self.get(Some(range.clone().into())).await;
        let result = result.map_err(|error| self.refused(error))?;
        if result.range != range {
            return Err(self.unlike(&range, &result.range));
        }
        let mut rest = buffer;
        self.receive(result, |chunk| {
            let (part, more) = std::mem::take(&mut rest).split_at_mut(chunk.len());
            part.copy_from_slice(chunk);
            rest = more;
        })
        .await
    }

    async fn get(&self, range: Option<GetRange>) -> object_store::Result<GetResult> {
        let options = GetOptions {
            range,
            if_match: self.e_tag.clone(),
            ..GetOptions::default()
        };
        self.store.get_opts(&self.path, options).await
    }

    /// Hands what comes to `put`, as it comes: in all as many bytes as the range of `result` has, or an error.
    async fn receive(&self, result: GetResult, mut put: impl FnMut(&[u8])) -> Result<()> {
        let asked = result.range.clone();
        let mut end = asked.start;
        if let GetResultPayload::File(..) = result.payload {
            // A stream would read a file by 8 KiB.
            let bytes = result.bytes().await.map_err(|error| self.refused(error))?;
            end = end.saturating_add(bytes.len() as u64);
            if end == asked.end {
                put(&bytes);
            }
        } else {
            let mut stream = result.into_stream();
            while end <= asked.end
                && let Some(chunk) = stream.next().await
            {
                let chunk = chunk.map_err(|error| self.refused(error))?;
                end = end.saturating_add(chunk.len() as u64);
                if end <= asked.end {
                    put(&chunk);
                }
            }
        }
        match end == asked.end {
            true => Ok(()),
            false => Err(self.unlike(&asked, &(asked.start..end))),
        }
    }

    #[cold]
    fn unlike(&self, asked: &Range<u64>, got: &Range<u64>) -> Error {
        Error::new(
            ErrorKind::Truncated,
            format!(
                "{} sent bytes {} to {} of the file, where {} to {} were asked for",
                self.store, got.start, got.end, asked.start, asked.end
            ),
        )
    }

    /// The error of a request.
    #[cold]
    fn refused(&self, error: object_store::Error) -> Error {
        refused(&*self.store, error)
    }
}

/// Whether a store answered, but why it refused is not told by the error.
fn is_unspecific_answer(error: &object_store::Error) -> bool {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    matches!(error, object_store::Error::Generic { .. }) && !causes.into_iter().any(|cause| cause.is::<HttpError>())
}

/// The error of a request.
#[cold]
pub(super) fn refused(store: &dyn ObjectStore, error: object_store::Error) -> Error {
    use object_store::Error as Cause;
    let (kind, message) = match &error {
        Cause::NotFound { .. } => (io::ErrorKind::NotFound, format!("{store} has no such file")),
        Cause::Precondition { .. } => (
            io::ErrorKind::Other,
            "the file was replaced after it was opened; open it again".to_owned(),
        ),
        Cause::PermissionDenied { .. } | Cause::Unauthenticated { .. } => (
            io::ErrorKind::PermissionDenied,
            format!("{store} refuses access: are the credentials those of a user who may? {error}"),
        ),
        _ => (io::ErrorKind::Other, error.to_string()),
    };
    Error::new(ErrorKind::Io, message).with_source(io::Error::new(kind, error))
}

/// Copies what of `buffer`'s start is known, and gives the rest.
fn copy_known<'b>(known: &Piece, at: u64, buffer: &'b mut [u8]) -> (u64, &'b mut [u8]) {
    let bytes = known.from(at);
    let len = bytes.len().min(buffer.len());
    let (start, rest) = buffer.split_at_mut(len);
    start.copy_from_slice(&bytes[..len]);
    (at + len as u64, rest)
}
