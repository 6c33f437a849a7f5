//! Work on all cores: rayon's current pool with the feature `rayon`, this thread alone without.

/// How many threads share the work.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    1
}

/// Calls `work` for each of `items` on the other threads and, meanwhile, `aside` on this one.
#[allow(dead_code)] // without the feature text
pub(crate) fn for_each_beside<T: Send, R>(
    items: &mut [T],
    work: impl Fn(&mut T) + Sync,
    aside: impl FnOnce() -> R,
) -> R {
    #[cfg(feature = "rayon")]
    if items.len() > 1 && threads() > 1 {
        return rayon::in_place_scope(|scope| {
            let work = &work;
            for item in items {
                scope.spawn(move |_| work(item));
            }
            aside()
        });
    }
    let result = aside();
    items.iter_mut().for_each(work);
    result
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

/// Calls `work` for each item on the other threads of the pool, while this one does `here`; without threads, in turn.
#[allow(dead_code)] // without the feature text
pub(crate) fn beside<T, F>(items: &mut [T], work: F, here: impl FnOnce())
where
    T: Send,
    F: Fn(&mut T) + Sync,
{
    #[cfg(feature = "rayon")]
    rayon::in_place_scope(|scope| {
        let work = &work;
        for item in items {
            scope.spawn(move |_| work(item));
        }
        here();
    });
    #[cfg(not(feature = "rayon"))]
    {
        here();
        items.iter_mut().for_each(work);
    }
}
