//! The short way through elements that are scalars, however nested, and to a reader text: most records.
//!
//! `ser` and `de` find each value's place in a tree that learns, and tell of every mistake. Such elements need neither.
//! The plan here says of each value what it is, where it lies and what it is called, and stays as it is from row to row.
//! So the compiler, with serde's calls inlined, compares most of it before the loop over the rows: what is left in that
//! are hardly more than the loads and stores that one would write by hand (35 instructions for a row of four values,
//! 130 the long way).
//!
//! Rows in the other byte order are swapped by `swap` before they are read, and after they were written.
//!
//! What is not as the plan says is [`OffPlan`], which says nothing: the rows of that call go the long way, as does the first
//! of all.

mod de;
mod ser;
mod swap;

use std::cell::Cell;
use std::fmt;

use super::plan::{Arrangement, NO_KEY, Node, Parts, StrKey};
use crate::dtype::{ByteOrder, Casting, Repr, Scalar};

pub(super) use swap::Short;

/// Values of an element, at most: the plan has a part for each.
const MOST: usize = 1024;

/// What a type asks for, or gives. In one byte, so that it is compared at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Scalar(Scalar),
    /// A count of units of time, in a newtype.
    Time,
    /// The values of a record, a subarray or a complex number.
    Items,
    /// Text, to be read only.
    Str,
    /// Bytes, to be read only.
    Bytes,
    /// The same, which may also be read as text.
    BytesOrText,
}

/// The plan of such an element.
#[derive(Clone)]
struct Flat {
    call: Call,
    /// Where in the row it lies.
    at: u32,
    /// How many bytes it has.
    size: usize,
    order: ByteOrder,
    /// The field that it is to a writer, if it is one.
    field: StrKey,
    /// The struct whose fields the items are to a reader, and the newtype of a time to both.
    name: StrKey,
    items: Vec<Flat>,
}

impl Flat {
    /// The plan of an element whose type has gone through a row by that other one, unless it is more than scalars.
    fn of(node: &Node) -> Option<Flat> {
        Flat::new(node, 0, NO_KEY, &mut 0)
    }

    fn new(node: &Node, at: u32, field: StrKey, count: &mut usize) -> Option<Flat> {
        *count += 1;
        if *count > MOST {
            return None;
        }
        let (mut name, mut items) = (NO_KEY, Vec::new());
        let call = match (&node.parts, &node.dtype.0) {
            (Parts::Items { item, count: len }, _) => {
                let size = u32::try_from(item.size).ok()?;
                for index in 0..*len {
                    let before = u32::try_from(index).ok()?.checked_mul(size)?;
                    items.push(Flat::new(item, at + before, NO_KEY, count)?);
                }
                Call::Items
            }
            (Parts::Fields(fields), _) => {
                let named = match fields.arrangement {
                    Arrangement::ByPosition => false,
                    Arrangement::InOrder(names) if fields.proven => {
                        name = names;
                        false
                    }
                    Arrangement::AsWritten => true,
                    _ => return None,
                };
                for field in fields.list.get(..fields.wanted)? {
                    let key = match named {
                        true => Some(field.key).filter(|&key| key != NO_KEY)?, // the keys of a map have none
                        false => NO_KEY,
                    };
                    items.push(Flat::new(&field.node, at + field.offset, key, count)?);
                }
                Call::Items
            }
            (Parts::None, Repr::Scalar(Scalar::LongDouble, _)) => return None,
            // To `Casting::No`, swapping bytes is a cast.
            (Parts::None, Repr::Scalar(scalar, order)) if order.is_native() || node.casting != Casting::No => {
                Call::Scalar(*scalar)
            }
            (Parts::None, Repr::Datetime(..) | Repr::Timedelta(..)) => {
                name = node.own_time?;
                Call::Time
            }
            (Parts::None, Repr::Str(..)) if node.is_text() => Call::Str,
            (Parts::None, Repr::Bytes(_)) if node.is_text() => Call::BytesOrText,
            (Parts::None, Repr::Bytes(_)) => Call::Bytes,
            _ => return None,
        };
        Some(Flat {
            call,
            at,
            size: node.size,
            order: node.dtype.byte_order(),
            field,
            name,
            items,
        })
    }
}

/// A value's place: all that a reader and a writer know of it.
#[derive(Clone, Copy)]
struct Place<'p> {
    plan: &'p Flat,
    /// Whether something was not as the plan says: a type may drop the error that tells it.
    off: &'p Cell<bool>,
}

impl<'p> Place<'p> {
    /// Where the scalar lies.
    #[inline(always)]
    fn scalar(self, call: Call) -> Result<usize, OffPlan> {
        match self.plan.call == call {
            true => Ok(self.plan.at as usize),
            false => Err(self.off()),
        }
    }

    /// The places of the items.
    #[inline(always)]
    fn items(self, len: Option<usize>) -> Result<Items<'p>, OffPlan> {
        let items = &self.plan.items;
        match self.plan.call == Call::Items && len.is_none_or(|len| len == items.len()) {
            true => Ok(Items {
                whole: self,
                left: items.iter(),
            }),
            false => Err(self.off()),
        }
    }

    #[inline(always)]
    fn off(self) -> OffPlan {
        self.off.set(true);
        OffPlan
    }
}

struct Items<'p> {
    whole: Place<'p>,
    left: std::slice::Iter<'p, Flat>,
}

impl<'p> Items<'p> {
    #[inline(always)]
    fn next(&mut self) -> Option<Place<'p>> {
        let plan = self.left.next()?;
        Some(Place { plan, ..self.whole })
    }
}

/// Whether all rows of a call went as the plan says.
struct Watch {
    off: Cell<bool>,
    errors: u64,
}

thread_local! {
    /// How many errors types have made of their own on this thread. They are given another one the long way, which a type
    /// may keep the text of.
    static ERRORS: Cell<u64> = const { Cell::new(0) };
}

impl Watch {
    fn new() -> Watch {
        Watch {
            off: Cell::new(false),
            errors: ERRORS.get(),
        }
    }

    fn is_fine(&self) -> bool {
        !self.off.get() && ERRORS.get() == self.errors
    }
}

/// Something is not as the plan says, or wrong to the type itself: what that is, the long way finds out.
#[derive(Debug)]
struct OffPlan;

impl OffPlan {
    #[cold]
    fn of_type() -> OffPlan {
        ERRORS.set(ERRORS.get().wrapping_add(1));
        OffPlan
    }
}

impl fmt::Display for OffPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not as the plan says")
    }
}

impl std::error::Error for OffPlan {}

impl serde::de::Error for OffPlan {
    #[cold]
    fn custom<T: fmt::Display>(_: T) -> OffPlan {
        OffPlan::of_type()
    }
}

impl serde::ser::Error for OffPlan {
    #[cold]
    fn custom<T: fmt::Display>(_: T) -> OffPlan {
        OffPlan::of_type()
    }
}

#[cfg(test)]
mod tests;
