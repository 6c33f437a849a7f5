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

/// Does `work` on another thread while this one does `here`; without threads, one after the other.
pub(crate) fn beside(work: impl FnOnce() + Send, here: impl FnOnce()) {
    #[cfg(feature = "rayon")]
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| work());
        here();
    });
    #[cfg(not(feature = "rayon"))]
    {
        here();
        work();
    }
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
#[allow(dead_code)] // without the feature text
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
#[allow(dead_code)] // without the feature text
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
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::{Line, threads};

    /// How many pieces are under way for each thread: one being done, one to go on with, one done and not yet taken.
    const AHEAD: usize = 3;

    /// On its way back to the thread that takes it, whatever happens: a panic sends nothing, instead of never sending.
    struct Return<P> {
        to: Sender<(usize, Option<P>)>,
        index: usize,
        piece: Option<P>,
    }

    impl<P> Drop for Return<P> {
        fn drop(&mut self) {
            // The receiver is gone if an earlier piece ended it all.
            let _ = self.to.send((self.index, self.piece.take()));
        }
    }

    /// Pieces that came back, by how many are to be taken before them.
    struct Back<P> {
        from: Receiver<(usize, Option<P>)>,
        pieces: VecDeque<Option<P>>,
        taken: usize,
    }

    impl<P> Back<P> {
        /// The next one in order; `None` if a thread panicked.
        fn next(&mut self) -> Option<P> {
            loop {
                if let Some(piece) = self.pieces.front_mut().and_then(Option::take) {
                    self.pieces.pop_front();
                    self.taken += 1;
                    return Some(piece);
                }
                let (index, piece) = match self.from.try_recv() {
                    Ok(back) => back,
                    // A thread of the pool itself has to lend a hand: it may be the only one that can.
                    Err(_) if rayon::yield_now() == Some(rayon::Yield::Executed) => continue,
                    Err(_) => self.from.recv().ok()?,
                };
                let place = index - self.taken;
                if self.pieces.len() <= place {
                    self.pieces.resize_with(place + 1, || None);
                }
                self.pieces[place] = Some(piece?);
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
        let (to, from) = channel();
        let mut back = Back {
            from,
            pieces: VecDeque::new(),
            taken: 0,
        };
        rayon::in_place_scope(|scope| {
            let begin = |index, mut piece: L::Piece| {
                let to = to.clone();
                scope.spawn(move |_| {
                    let mut back = Return { to, index, piece: None };
                    work(&mut piece);
                    back.piece = Some(piece);
                });
            };
            begin(0, first);
            let mut begun = 1;
            loop {
                while begun - back.taken < AHEAD * threads()
                    && let Ok(Some(_)) = given
                {
                    if let Ok(Some(piece)) = std::mem::replace(&mut given, Ok(None)) {
                        begin(begun, piece);
                        begun += 1;
                    }
                    given = line.next();
                }
                if begun == back.taken {
                    return given.map(|_| ());
                }
                let Some(piece) = back.next() else {
                    return Ok(()); // the scope goes on with the panic
                };
                line.take(piece)?;
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
