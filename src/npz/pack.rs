//! Members into an archive: stored or compressed, small ones side by side.

use std::collections::HashSet;
use std::io::{self, Write};

use crc32fast::Hasher;

use super::deflate::{BLOCK, Deflater, Small, batch, deflate_each};
use super::options::Compression;
use super::zip::{DEFLATE, Member, STORED, Written, ZipWriter, check_name};
use crate::error::{Error, ErrorKind, Result};

/// A stored member up to this length is gathered with others; a longer one is written as it comes.
const GATHERED: usize = 64 << 10;

/// An archive that members are packed into, each under a name of its own.
pub(super) struct Packer<W> {
    zip: ZipWriter<W>,
    names: HashSet<String>,
    /// Members to be compressed that are too small to keep all cores busy one at a time.
    small: Vec<Small>,
    small_len: usize,
    /// An error came while members were written, whole ones or a part of one: there is no way to go on.
    broken: bool,
}

impl<W> Packer<W> {
    pub(super) fn new(zip: ZipWriter<W>) -> Self {
        Packer {
            zip,
            names: HashSet::new(),
            small: Vec::new(),
            small_len: 0,
            broken: false,
        }
    }

    /// The members' names, in no order.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.names.iter()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// How many members there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

impl<W: Write> Packer<W> {
    /// Begins a member; it counts once its sink is finished.
    pub(super) fn begin(&mut self, name: String, compression: Compression) -> Result<Sink<'_, W>> {
        if self.broken {
            return Err(unfinished());
        }
        check_name(&name)?;
        if self.names.contains(&name) {
            return Err(Error::new(
                ErrorKind::Argument,
                "the archive has a member of that name already",
            ));
        }
        Ok(Sink {
            packer: self,
            name,
            compression,
            state: State::Gathering(Vec::new()),
        })
    }

    /// Completes the archive.
    pub(super) fn finish(mut self) -> Result<W> {
        if self.broken {
            return Err(unfinished());
        }
        self.flush_small()?;
        Ok(self.zip.finish()?)
    }

    fn flush_small(&mut self) -> io::Result<()> {
        let mut members = std::mem::take(&mut self.small);
        self.small_len = 0;
        self.broken = true; // until they all are written
        deflate_each(&mut members)?;
        for member in members {
            let written = Written {
                crc: crc32fast::hash(&member.raw),
                packed: member.out.len() as u64,
                size: member.raw.len() as u64,
            };
            self.zip.add(member.name, DEFLATE, &member.out, written)?;
        }
        self.broken = false;
        Ok(())
    }
}

fn unfinished() -> Error {
    Error::new(
        ErrorKind::Io,
        "an earlier error left the archive without all of its members; write it anew",
    )
}

/// Takes the bytes of one member.
pub(super) struct Sink<'a, W> {
    packer: &'a mut Packer<W>,
    name: String,
    compression: Compression,
    state: State,
}

enum State {
    /// In memory, as most members are small.
    Gathering(Vec<u8>),
    Storing {
        member: Member,
        crc: Hasher,
        len: u64,
    },
    Deflating {
        member: Member,
        deflater: Deflater,
    },
}

impl<W: Write> Sink<'_, W> {
    /// From now on the member's bytes go to the archive as they come.
    fn spill(&mut self) -> io::Result<()> {
        let State::Gathering(gathered) = &mut self.state else {
            return Ok(());
        };
        let gathered = std::mem::take(gathered);
        self.packer.flush_small()?;
        self.packer.broken = true; // until the member is whole
        self.state = match self.compression {
            Compression::Stored => State::Storing {
                member: self.packer.zip.begin(self.name.clone(), STORED)?,
                crc: Hasher::new(),
                len: 0,
            },
            Compression::Deflate(level) => State::Deflating {
                member: self.packer.zip.begin(self.name.clone(), DEFLATE)?,
                deflater: Deflater::new(level),
            },
        };
        self.write_all(&gathered)
    }

    /// Completes the member.
    pub(super) fn finish(self) -> Result<()> {
        let Sink {
            packer, name, state, ..
        } = self;
        packer.names.insert(name.clone());
        match (state, self.compression) {
            (State::Gathering(raw), Compression::Stored) => {
                let len = raw.len() as u64;
                let written = Written {
                    crc: crc32fast::hash(&raw),
                    packed: len,
                    size: len,
                };
                packer.flush_small()?;
                packer.broken = true;
                packer.zip.add(name, STORED, &raw, written)?;
                packer.broken = false;
            }
            (State::Gathering(raw), Compression::Deflate(level)) => {
                packer.small_len += raw.len();
                packer.small.push(Small {
                    name,
                    level,
                    raw,
                    out: Vec::new(),
                });
                if packer.small_len >= batch() {
                    packer.flush_small()?;
                }
            }
            (State::Storing { member, crc, len }, _) => {
                let written = Written {
                    crc: crc.finalize(),
                    packed: len,
                    size: len,
                };
                packer.zip.end(&member, written)?;
                packer.broken = false;
            }
            (State::Deflating { member, deflater }, _) => {
                let packed = deflater.packed();
                let written = deflater.finish(packer.zip.data(packed)?)?;
                packer.zip.end(&member, written)?;
                packer.broken = false;
            }
        }
        Ok(())
    }
}

impl<W: Write> Write for Sink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let State::Gathering(gathered) = &mut self.state {
            let most = match self.compression {
                Compression::Stored => GATHERED,
                Compression::Deflate(_) => BLOCK,
            };
            if gathered.len() + bytes.len() <= most {
                gathered.extend_from_slice(bytes);
                return Ok(bytes.len());
            }
            self.spill()?;
        }
        match &mut self.state {
            State::Gathering(_) => Ok(0),
            State::Storing { crc, len, .. } => {
                self.packer.zip.store(*len, bytes, crc)?;
                *len += bytes.len() as u64;
                Ok(bytes.len())
            }
            State::Deflating { deflater, .. } => {
                let packed = deflater.packed();
                deflater.write(bytes, self.packer.zip.data(packed)?)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
