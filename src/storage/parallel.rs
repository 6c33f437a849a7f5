//! Work on all cores: rayon's current pool with the feature `rayon`, this thread alone without.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many threads share the work.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    1
}

/// Has another thread do `work` some time, without anybody waiting for it; without threads it is done now.
pub(crate) fn later(work: impl FnOnce() + Send + 'static) {
    #[cfg(feature = "rayon")]
    rayon::spawn(work);
    #[cfg(not(feature = "rayon"))]
    work();
}

/// Calls `work(index of the first item, items)` for each chunk of `items`, and gives the error of the first chunk
/// that has one.
///
/// One thread does it all when there is one chunk only, so small inputs never wake a pool.
pub(crate) fn for_each_chunk<T, E, F>(items: &mut [T], chunk: usize, work: F) -> Result<(), E>
where
    T: Send,
    E: Send,
    F: Fn(usize, &mut [T]) -> Result<(), E> + Sync,
{
    each_chunk(items, chunk, &work)
}

type Work<'a, T, E> = dyn Fn(usize, &mut [T]) -> Result<(), E> + Sync + 'a;

/// Knows not what is done, so that it is compiled once for each `T`.
fn each_chunk<T: Send, E: Send>(items: &mut [T], chunk: usize, work: &Work<'_, T, E>) -> Result<(), E> {
    #[cfg(feature = "rayon")]
    if items.len() > chunk && threads() > 1 {
        let chunks: Vec<_> = items.chunks_mut(chunk).map(Mutex::new).collect();
        let first = Mutex::new(None);
        shared::each(chunks.len(), &|index| {
            if let Err(error) = work(index * chunk, &mut lock(&chunks[index])) {
                let mut first = lock(&first);
                // In the order of the items, whichever thread met one first.
                if first.as_ref().is_none_or(|(other, _)| index < *other) {
                    *first = Some((index, error));
                }
            }
        });
        return match first.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        };
    }
    for (index, items) in items.chunks_mut(chunk).enumerate() {
        work(index * chunk, items)?;
    }
    Ok(())
}

/// The ends of what [`in_order`] carries: both are on the thread that called it.
pub(crate) trait Line {
    /// A piece of work, with its result.
    type Piece: Send;
    type Error;

    /// The next piece to be done, until there is none.
    fn next(&mut self) -> Result<Option<Self::Piece>, Self::Error>;

    /// Takes a piece that is done; they come in the order in which [`next`](Line::next) gave them.
    fn take(&mut self, piece: Self::Piece) -> Result<(), Self::Error>;
}

/// Does the pieces of a line on all cores while this thread takes those that are done and gives more.
///
/// As few are under way as keep the cores busy. All that come before an error are taken.
pub(crate) fn in_order<L: Line>(line: &mut L, work: impl Fn(&mut L::Piece) + Sync) -> Result<(), L::Error> {
    let threads = threads();
    let slots: Vec<_> = (0..slots(threads)).map(|_| Mutex::new(None)).collect();
    let mut ends = Slots {
        line,
        slots: &slots,
        result: Ok(()),
    };
    run(threads, &mut ends, &|slot| {
        if let Some(piece) = lock(&slots[slot]).as_mut() {
            work(piece);
        }
    });
    ends.result
}

/// The ends of a line whose pieces lie in slots, the first in slot 0 and so on around: all that who does what needs to
/// know of it, so that it is compiled once and not for each line.
trait Ends {
    /// Puts the next piece into an empty slot; `false` if there is none.
    fn next(&mut self, slot: usize) -> bool;

    /// Takes the piece in a slot, which is done; `false` if no more are wanted.
    fn take(&mut self, slot: usize) -> bool;
}

struct Slots<'a, L: Line> {
    line: &'a mut L,
    slots: &'a [Mutex<Option<L::Piece>>],
    result: Result<(), L::Error>,
}

impl<L: Line> Ends for Slots<'_, L> {
    fn next(&mut self, slot: usize) -> bool {
        let piece = self.line.next().unwrap_or_else(|error| {
            self.result = Err(error); // what comes before it is still taken, and may put its own in place of it
            None
        });
        let given = piece.is_some();
        *lock(&self.slots[slot]) = piece;
        given
    }

    fn take(&mut self, slot: usize) -> bool {
        if let Some(piece) = lock(&self.slots[slot]).take()
            && let Err(error) = self.line.take(piece)
        {
            self.result = Err(error);
            return false;
        }
        true
    }
}

/// A panic goes on wherever it was, so nobody minds what it left.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many slots a line needs.
fn slots(threads: usize) -> usize {
    #[cfg(feature = "rayon")]
    if threads > 1 {
        return shared::slots(threads);
    }
    let _ = threads;
    1
}

/// Does what [`in_order`] says.
fn run(threads: usize, ends: &mut dyn Ends, work: &(dyn Fn(usize) + Sync)) {
    #[cfg(feature = "rayon")]
    if threads > 1 {
        return shared::run(threads, ends, work);
    }
    let _ = threads;
    while ends.next(0) {
        work(0);
        if !ends.take(0) {
            break;
        }
    }
}

#[cfg(feature = "rayon")]
mod shared {
    use std::ops::Range;
    use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

    use rayon::prelude::*;

    use super::{Ends, lock};

    /// Calls `work` with each number below `count`.
    pub(super) fn each(count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).into_par_iter().for_each(work);
    }

    /// How many pieces are under way for each thread: enough that none runs out while the system lets this one wait.
    const AHEAD: usize = 4;

    /// For those under way, and for the one that is begun next.
    pub(super) fn slots(threads: usize) -> usize {
        AHEAD * threads + 1
    }

    /// The pieces under way, by their numbers.
    struct Table {
        state: Mutex<State>,
        /// The next piece to be taken is done.
        ready: Condvar,
        slots: usize,
    }

    struct State {
        todo: Range<usize>,
        /// For each slot, whether the piece in it is done.
        done: Vec<bool>,
        taken: usize,
        /// How many threads of the pool are at it.
        helpers: usize,
        panicked: bool,
    }

    /// Tells of a panic, which else would let the other threads wait for ever.
    struct Alarm<'a>(&'a Table);

    impl Drop for Alarm<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                lock(&self.0.state).panicked = true;
                self.0.ready.notify_one();
            }
        }
    }

    impl Table {
        /// Does a piece; nothing panics while it holds the lock of the table.
        fn work(&self, piece: usize, work: &(dyn Fn(usize) + Sync)) -> MutexGuard<'_, State> {
            let slot = piece % self.slots;
            work(slot);
            let mut state = lock(&self.state);
            state.done[slot] = true;
            if piece == state.taken {
                self.ready.notify_one();
            }
            state
        }

        /// Does pieces until there are none to be done: a thread of the pool waits for nothing.
        fn help(&self, work: &(dyn Fn(usize) + Sync)) {
            let alarm = Alarm(self);
            let mut state = lock(&self.state);
            while let Some(piece) = state.todo.next() {
                drop(state);
                state = self.work(piece, work);
            }
            state.helpers -= 1;
            drop(state);
            drop(alarm);
        }

        /// The slot of the next piece in order; until it is done this thread does others. `None` if a thread panicked.
        fn next(&self, work: &(dyn Fn(usize) + Sync)) -> Option<usize> {
            let mut state = lock(&self.state);
            loop {
                if state.panicked {
                    return None;
                }
                let slot = state.taken % self.slots;
                if std::mem::take(&mut state.done[slot]) {
                    state.taken += 1;
                    return Some(slot);
                }
                state = match state.todo.next() {
                    Some(piece) => {
                        drop(state);
                        self.work(piece, work)
                    }
                    None => self.ready.wait(state).unwrap_or_else(PoisonError::into_inner),
                };
            }
        }
    }

    pub(super) fn run(threads: usize, ends: &mut dyn Ends, work: &(dyn Fn(usize) + Sync)) {
        if !ends.next(0) {
            return;
        }
        // Not begun as long as enough are under way.
        let mut given = ends.next(1);
        if !given {
            work(0); // not worth waking anybody
            ends.take(0);
            return;
        }
        let slots = slots(threads);
        let table = Table {
            state: Mutex::new(State {
                todo: 0..1,
                done: vec![false; slots],
                taken: 0,
                helpers: 0,
                panicked: false,
            }),
            ready: Condvar::new(),
            slots,
        };
        rayon::in_place_scope(|scope| {
            let (mut begun, mut taken) = (1, 0);
            loop {
                while given && begun - taken < AHEAD * threads {
                    begun += 1;
                    let mut state = lock(&table.state);
                    state.todo.end = begun;
                    // With this one they are as many as there are cores.
                    if state.helpers + 1 < threads {
                        state.helpers += 1;
                        scope.spawn(|_| table.help(work));
                    }
                    drop(state);
                    given = ends.next(begun % slots);
                }
                if begun == taken {
                    return;
                }
                let Some(slot) = table.next(work) else {
                    return; // the scope goes on with the panic
                };
                taken += 1;
                if !ends.take(slot) {
                    let mut state = lock(&table.state);
                    state.todo.start = state.todo.end; // nobody wants them now
                    return;
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 0 to `end`, doubled on the way; an error for each number that is one.
    struct Numbers {
        next: usize,
        end: usize,
        bad: Option<usize>,
        taken: Vec<usize>,
    }

    impl Line for Numbers {
        type Piece = usize;
        type Error = usize;

        fn next(&mut self) -> Result<Option<usize>, usize> {
            if self.bad == Some(self.next) {
                return Err(self.next);
            }
            self.next += 1;
            Ok((self.next <= self.end).then_some(self.next - 1))
        }

        fn take(&mut self, piece: usize) -> Result<(), usize> {
            self.taken.push(piece);
            Ok(())
        }
    }

    fn double(end: usize, bad: Option<usize>) -> (Result<(), usize>, Vec<usize>) {
        let mut line = Numbers {
            next: 0,
            end,
            bad,
            taken: Vec::new(),
        };
        let done = in_order(&mut line, |piece| {
            if *piece % 7 == 0 {
                std::thread::yield_now(); // so that later ones overtake it
            }
            *piece *= 2;
        });
        (done, line.taken)
    }

    #[test]
    fn pieces_are_taken_in_order_and_all_before_an_error() {
        for end in [0, 1, 2, 500] {
            let (done, taken) = double(end, None);
            assert_eq!(done, Ok(()));
            assert_eq!(taken, (0..end).map(|piece| piece * 2).collect::<Vec<_>>());
        }
        for bad in [0, 1, 2, 400] {
            let (done, taken) = double(500, Some(bad));
            assert_eq!((done, taken.len()), (Err(bad), bad));
        }
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn threads_of_a_pool_do_their_own_work() {
        for threads in 1..4 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| double(500, None)).1.len(), 500);
        }
    }

    #[cfg(feature = "rayon")]
    #[test]
    #[should_panic(expected = "the work")]
    fn panics_come_through() {
        let mut line = Numbers {
            next: 0,
            end: 100,
            bad: None,
            taken: Vec::new(),
        };
        let _ = in_order(&mut line, |piece| assert!(*piece != 50, "the work"));
    }
}
