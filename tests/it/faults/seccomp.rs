//! System calls that fail when they are told to: a filter of this thread's calls, and of the threads that it starts, which
//! asks another thread about each that has to do with files. Neither root nor a library to load first is needed.
#![allow(unsafe_code)] // the system's interface

use std::io;
use std::mem;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The calls that may fail. What removes a file is not among them, so that who cleans up can.
const CALLS: &[libc::c_long] = &[
    libc::SYS_openat,
    libc::SYS_read,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_pwrite64,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    libc::SYS_linkat,
    libc::SYS_lseek,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_flock,
    libc::SYS_statx,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    libc::SYS_readlinkat,
    libc::SYS_copy_file_range,
    libc::SYS_msync,
];

/// When calls fail, and how.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The error's number.
    pub errno: i32,
    /// Calls that work before.
    pub after: usize,
    /// Whether only one fails, or all from there on.
    pub once: bool,
}

/// What the calls of the filtered threads meet.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    met: Option<libc::c_long>,
}

impl Calls {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` with calls that fail so; gives what it gave, and the number of the last call that failed, if one did.
    pub fn with<T>(&self, fault: Fault, work: impl FnOnce() -> T) -> (T, Option<libc::c_long>) {
        *self.state() = State {
            fault: Some(fault),
            met: None,
        };
        let done = work();
        let met = mem::take(&mut *self.state()).met;
        (done, met)
    }

    /// The error that a call is to have.
    fn errno(&self, call: libc::c_long) -> Option<i32> {
        let mut state = self.state();
        let fault = state.fault.as_mut()?;
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        let errno = fault.errno;
        if fault.once {
            state.fault = None;
        }
        state.met = Some(call);
        Some(errno)
    }
}

/// Does `work` on a thread whose calls, and those of the threads that it starts, can be made to fail; an error if this
/// system has no such filters.
pub fn filtered(work: impl FnOnce(&Calls) + Send + 'static) -> io::Result<()> {
    let calls = Calls::default();
    let asked = calls.clone();
    let (send, receive) = mpsc::channel();
    // It starts first: the threads of a filtered one are filtered.
    let answers = thread::spawn(move || match receive.recv() {
        Ok(listener) => answer(listener, &asked),
        Err(_) => Ok(()),
    });
    let worker = thread::spawn(move || {
        let listener = listen()?;
        let _ = send.send(listener);
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&calls)));
        // SAFETY: a call on no file at all.
        unsafe { libc::fdatasync(END) };
        match done {
            Ok(()) => Ok(()),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    match worker.join() {
        Ok(done) => done.and_then(|()| answers.join().unwrap_or(Ok(()))),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// The file whose `fdatasync` says that no more calls will come.
const END: libc::c_int = -77;

/// Filters the calls of this thread; gives the file that tells of them.
fn listen() -> io::Result<libc::c_int> {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let instruction = |code, k, jt| libc::sock_filter { code, jt, jf: 0, k };
    let count = CALLS.len();
    let mut program = vec![instruction(LOAD, mem::offset_of!(libc::seccomp_data, nr) as u32, 0)];
    for (index, call) in CALLS.iter().enumerate() {
        program.push(instruction(EQUAL, *call as u32, (count - index) as u8));
    }
    program.push(instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0));
    program.push(instruction(RETURN, libc::SECCOMP_RET_USER_NOTIF, 0));
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: numbers only; it keeps set-uid programs from starting in this thread, where none is started.
    match unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } {
        0 => {}
        _ => return Err(io::Error::last_os_error()),
    }
    // SAFETY: the program lives until the call returns, which copies it.
    let listener = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    match libc::c_int::try_from(listener) {
        Ok(listener) if listener >= 0 => Ok(listener),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Answers what each call meets, until [`END`].
fn answer(listener: libc::c_int, calls: &Calls) -> io::Result<()> {
    loop {
        // SAFETY: numbers, of which all are zero as the call wants them.
        let mut asked: libc::seccomp_notif = unsafe { mem::zeroed() };
        // SAFETY: the file is a listener, and the place for its question is this thread's.
        if unsafe { libc::ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut asked) } < 0 {
            match io::Error::last_os_error() {
                error if matches!(error.raw_os_error(), Some(libc::EINTR | libc::ENOENT)) => continue,
                error => return Err(error),
            }
        }
        let call = libc::c_long::from(asked.data.nr);
        let is_end = call == libc::SYS_fdatasync && asked.data.args[0] as libc::c_int == END;
        let errno = if is_end { None } else { calls.errno(call) };
        let mut given = libc::seccomp_notif_resp {
            id: asked.id,
            val: 0,
            error: errno.map_or(0, |errno| -errno),
            flags: match errno {
                Some(_) => 0,
                None => libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
            },
        };
        // SAFETY: the file is a listener, and the answer lives until the call returns.
        unsafe { libc::ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut given) };
        if is_end {
            // SAFETY: the file is this function's own, and used no more.
            unsafe { libc::close(listener) };
            return Ok(());
        }
    }
}
