//! Work on all cores: rayon's current pool with the feature `rayon`, this thread alone without.

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
    #[cfg(feature = "rayon")]
    if items.len() > chunk && threads() > 1 {
        use rayon::prelude::*;
        // The first error in the order of the items, whichever thread met one first: collected, not short-circuited.
        return items
            .par_chunks_mut(chunk)
            .enumerate()
            .filter_map(|(index, items)| work(index * chunk, items).err().map(|error| (index, error)))
            .min_by_key(|(index, _)| *index)
            .map_or(Ok(()), |(_, error)| Err(error));
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
    #[cfg(feature = "rayon")]
    if threads() > 1 {
        return shared::in_order(line, &work);
    }
    while let Some(mut piece) = line.next()? {
        work(&mut piece);
        line.take(piece)?;
    }
    Ok(())
}

#[cfg(feature = "rayon")]
mod shared {
    use std::collections::VecDeque;
    use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

    use super::{Line, threads};

    /// How many pieces are under way for each thread: enough that none runs out while the system lets this one wait.
    const AHEAD: usize = 4;

    /// The pieces under way.
    struct Table<P> {
        state: Mutex<State<P>>,
        /// The next piece to be taken is done.
        ready: Condvar,
    }

    struct State<P> {
        todo: VecDeque<(usize, P)>,
        /// From the next one to be taken on.
        done: VecDeque<Option<P>>,
        taken: usize,
        /// How many threads of the pool are at it.
        helpers: usize,
        panicked: bool,
    }

    /// Tells of a panic, which else would let the other threads wait for ever.
    struct Alarm<'a, P>(&'a Table<P>);

    impl<P> Drop for Alarm<'_, P> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                self.0.lock().panicked = true;
                self.0.ready.notify_one();
            }
        }
    }

    impl<P> Table<P> {
        /// Nothing panics while it holds the lock.
        fn lock(&self) -> MutexGuard<'_, State<P>> {
            self.state.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn finish(&self, index: usize, piece: P) {
            let mut state = self.lock();
            let place = index - state.taken;
            if state.done.len() <= place {
                state.done.resize_with(place + 1, || None);
            }
            state.done[place] = Some(piece);
            if place == 0 {
                self.ready.notify_one();
            }
        }

        /// Does pieces until there are none to be done: a thread of the pool waits for nothing.
        fn help(&self, work: &(impl Fn(&mut P) + Sync)) {
            let alarm = Alarm(self);
            loop {
                let mut state = self.lock();
                let Some((index, mut piece)) = state.todo.pop_front() else {
                    state.helpers -= 1;
                    break;
                };
                drop(state);
                work(&mut piece);
                self.finish(index, piece);
            }
            drop(alarm);
        }

        /// The next piece in order; until it is done this thread does others. `None` if a thread panicked.
        fn next(&self, work: &(impl Fn(&mut P) + Sync)) -> Option<P> {
            let mut state = self.lock();
            loop {
                if state.panicked {
                    return None;
                }
                if let Some(piece) = state.done.front_mut().and_then(Option::take) {
                    state.done.pop_front();
                    state.taken += 1;
                    return Some(piece);
                }
                state = match state.todo.pop_front() {
                    Some((index, mut piece)) => {
                        drop(state);
                        work(&mut piece);
                        self.finish(index, piece);
                        self.lock()
                    }
                    None => self.ready.wait(state).unwrap_or_else(PoisonError::into_inner),
                };
            }
        }
    }

    pub(super) fn in_order<L: Line>(line: &mut L, work: &(impl Fn(&mut L::Piece) + Sync)) -> Result<(), L::Error> {
        let Some(mut first) = line.next()? else {
            return Ok(());
        };
        // Not begun as long as enough are under way; an error waits until all before it are taken.
        let mut given = line.next();
        if let Ok(None) = given {
            work(&mut first); // not worth waking anybody
            return line.take(first);
        }
        let table = Table {
            state: Mutex::new(State {
                todo: VecDeque::from([(0, first)]),
                done: VecDeque::new(),
                taken: 0,
                helpers: 0,
                panicked: false,
            }),
            ready: Condvar::new(),
        };
        rayon::in_place_scope(|scope| {
            let (mut begun, mut taken) = (1, 0);
            loop {
                while begun - taken < AHEAD * threads()
                    && let Ok(Some(_)) = given
                {
                    if let Ok(Some(piece)) = std::mem::replace(&mut given, Ok(None)) {
                        let mut state = table.lock();
                        state.todo.push_back((begun, piece));
                        begun += 1;
                        // With this one they are as many as there are cores.
                        if state.helpers + 1 < threads() {
                            state.helpers += 1;
                            scope.spawn(|_| table.help(work));
                        }
                    }
                    given = line.next();
                }
                if begun == taken {
                    return given.map(|_| ());
                }
                let Some(piece) = table.next(work) else {
                    return Ok(()); // the scope goes on with the panic
                };
                taken += 1;
                if let Err(error) = line.take(piece) {
                    table.lock().todo.clear(); // nobody wants them now
                    return Err(error);
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
