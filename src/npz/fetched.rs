//! Archives whose bytes somebody else fetches: which of them to ask for, and what they are.

use std::io::{Read, Seek};
use std::ops::Range;

use ndarray::{Array, Dimension, SliceInfoElem};
use serde::de::DeserializeOwned;

use super::member::{Member, Source, Tools, check_crc, read_array, read_bytes, read_header, read_member, room};
use super::read::{key, missing};
use super::zip::{Directory, STORED};
use crate::error::{Error, Result};
use crate::npy::{Header, NpyReader, ReadNpyExt, ReadOptions};

/// The directory of an archive.
pub(crate) struct Archive(Directory);

impl Archive {
    pub(crate) fn read<R: Read + Seek>(reader: &mut R) -> Result<Archive> {
        Directory::read(reader).map(Archive)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.entries.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.entries.iter().map(|entry| key(&entry.name))
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.find(name).is_some()
    }

    pub(crate) fn find(&self, name: &str) -> Result<usize> {
        self.0.find(name).ok_or_else(|| missing(&self.0, name))
    }

    /// Names the member of an error.
    pub(crate) fn locate(&self, error: Error, index: usize) -> Error {
        match self.0.entry(index) {
            Ok(entry) => error.in_member(&entry.name),
            Err(_) => error,
        }
    }

    /// Which bytes of the archive have the member: its local header, and all of its data behind it.
    pub(crate) fn place(&self, index: usize) -> Result<Range<u64>> {
        let entry = self.0.entry(index)?;
        let (header_len, until) = room(&self.0, entry)?;
        // The local header's extra field has an own length, which it alone tells.
        let most = (header_len as u64 + u64::from(u16::MAX)).saturating_add(entry.packed);
        Ok(entry.offset..entry.offset + most.min(until))
    }

    /// How many bytes from the start of the member tell where its data is.
    pub(crate) fn head_len(&self, index: usize) -> Result<u64> {
        Ok(self.0.header_len(self.0.entry(index)?) as u64)
    }

    /// Which bytes of the archive are the member's data, given the start of its local header.
    pub(crate) fn data(&self, index: usize, local: &[u8]) -> Result<Range<u64>> {
        let entry = self.0.entry(index)?;
        let start = self.0.data_start(entry, local)?;
        Ok(start..start + entry.packed)
    }

    /// Whether the data is the content.
    pub(crate) fn is_stored(&self, index: usize) -> bool {
        let entry = self.0.entry(index);
        entry.is_ok_and(|entry| entry.method == STORED && entry.packed == entry.size)
    }

    /// Holds the CRC of all of the content against what the directory says.
    pub(crate) fn check_crc(&self, index: usize, crc: u32) -> Result<()> {
        check_crc(crc, self.0.entry(index)?.crc)
    }

    /// The array that the member's data is.
    pub(crate) fn array<T: ReadNpyExt>(&self, index: usize, data: &[u8], options: &ReadOptions) -> Result<T> {
        let mut tools = Tools::new();
        read_member(&self.0, index, Source::Data(data), &mut tools, options, read_array)
    }

    /// The header of the array whose data starts so.
    pub(crate) fn header(&self, index: usize, data: &[u8], options: &ReadOptions) -> Result<Header> {
        let mut tools = Tools::new();
        read_member(&self.0, index, Source::Data(data), &mut tools, options, read_header)
    }

    /// The content that the member's data is.
    pub(crate) fn bytes(&self, index: usize, data: &[u8], options: &ReadOptions) -> Result<Vec<u8>> {
        let mut tools = Tools::new();
        read_member(&self.0, index, Source::Data(data), &mut tools, options, read_bytes)
    }

    /// A slice of the array that the member's data is.
    pub(crate) fn slice<A: DeserializeOwned, D: Dimension>(
        &self,
        index: usize,
        data: &[u8],
        info: &[SliceInfoElem],
        options: &ReadOptions,
    ) -> Result<Array<A, D>> {
        let mut tools = Tools::new();
        let read = |member: &mut Member<'_>, options: &ReadOptions| {
            NpyReader::with_options(member, options)?.slice_in_order(info)
        };
        read_member(&self.0, index, Source::Data(data), &mut tools, options, read)
    }
}
