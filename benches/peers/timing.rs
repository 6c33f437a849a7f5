//! How the sides of a case are timed.

use std::time::Instant;

use memmap2::MmapMut;

pub type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Does the work once and gives the seconds it took.
pub type Run = Box<dyn FnMut() -> Result<f64>>;

/// Times `work`; what it returns is dropped off the clock.
pub fn timed<T>(work: impl FnMut() -> Result<T> + 'static) -> Run {
    timed_after(|| Ok(()), work)
}

/// Times `work`, which finds what `before` left.
pub fn timed_after<T>(
    mut before: impl FnMut() -> Result<()> + 'static,
    mut work: impl FnMut() -> Result<T> + 'static,
) -> Run {
    Box::new(move || {
        before()?;
        let start = Instant::now();
        let done = work()?;
        let seconds = start.elapsed().as_secs_f64();
        drop(std::hint::black_box(done));
        Ok(seconds)
    })
}

/// The medians of at least five rounds after one to warm up; in each round every side has its turn.
pub fn alternate(runs: &mut [Run]) -> Result<Vec<f64>> {
    let mut round = || runs.iter_mut().map(|run| run()).collect::<Result<Vec<f64>>>();
    have_memory()?;
    let warm_up: f64 = round()?.iter().sum();
    let rounds = if warm_up < 1.0 { 11 } else { 5 };
    let rounds = (0..rounds).map(|_| round()).collect::<Result<Vec<_>>>()?;
    let median = |side: usize| {
        let mut seconds: Vec<f64> = rounds.iter().map(|round| round[side]).collect();
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    };
    Ok((0..runs.len()).map(median).collect())
}

/// Has the machine free memory that it really has, whichever side asks for it next.
///
/// A virtual machine hands back to its host what was free for two seconds, and gets it again at its first touch, at 2.5 s
/// a GiB, where clearing it takes 0.1 s. Whose turn that fell on was a matter of luck: 18 or 300 ms for the same work.
fn have_memory() -> Result<()> {
    let mut memory = MmapMut::map_anon(4 << 30)?;
    #[cfg(target_os = "linux")]
    memory.advise(memmap2::Advice::HugePage)?;
    memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    Ok(())
}
