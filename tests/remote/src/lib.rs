//! Servers of the files of a folder, on the loopback interface: S3's protocol, and HTTP without ranges. They note what
//! they are asked, and can be told to fail.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, BodyStream, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, ETAG, RANGE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub type Error = Box<dyn std::error::Error + Send + Sync>;
type Body = UnsyncBoxBody<Bytes, Error>;

/// The only bucket of the S3 servers.
pub const BUCKET: &str = "bucket";

/// Those that the S3 servers take, and no others.
pub const ACCESS_KEY: &str = "a-key-of-these-tests";
pub const SECRET_KEY: &str = "a-secret-of-these-tests";

/// What a server does wrong.
#[derive(Clone, Copy, Debug, Default)]
pub enum Fault {
    #[default]
    None,
    /// It closes the connection so many bytes into the bodies of the next `times` files that it sends.
    Cut { after: usize, times: usize },
    /// It lets every request wait.
    Slow(Duration),
    /// It refuses the parts of uploads from that one on, which count from 1.
    RefuseParts(usize),
}

/// What a server was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    /// The path and query.
    pub target: String,
    pub range: Option<String>,
    /// The length of the answer.
    pub bytes: u64,
}

#[derive(Default)]
struct State {
    fault: Mutex<Fault>,
    asked: Mutex<Vec<Asked>>,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

/// A server, which ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
    _stop: oneshot::Sender<Infallible>,
}

#[derive(Clone)]
enum Files {
    S3(S3Service),
    WithoutRanges(PathBuf),
}

impl Server {
    /// Serves S3's protocol; a folder in `folder` is a bucket.
    pub fn s3(folder: &Path) -> Result<Server, Error> {
        std::fs::create_dir_all(folder.join(BUCKET))?;
        let files = s3s_fs::FileSystem::new(folder).map_err(|error| format!("{error:?}"))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        Server::start(Files::S3(service.build()))
    }

    /// Serves the files of a folder by HTTP, whole only.
    pub fn without_ranges(folder: &Path) -> Result<Server, Error> {
        Server::start(Files::WithoutRanges(folder.to_owned()))
    }

    fn start(files: Files) -> Result<Server, Error> {
        let state = Arc::<State>::default();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        // Not tokio's: who starts a server may be at work in a runtime, which must not be blocked by another.
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let serving = serve(listener, files, Arc::clone(&state));
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = serving => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Ok(Server {
            address,
            state,
            _stop: stop,
        })
    }

    /// Where it listens, as `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The options of a store for an S3 server.
    pub fn options(&self) -> Vec<(&'static str, String)> {
        vec![
            ("aws_endpoint", self.endpoint()),
            ("aws_access_key_id", ACCESS_KEY.to_owned()),
            ("aws_secret_access_key", SECRET_KEY.to_owned()),
            ("aws_region", "us-east-1".to_owned()),
            ("allow_http", "true".to_owned()),
        ]
    }

    /// What it does wrong from now on.
    pub fn set_fault(&self, fault: Fault) {
        *lock(&self.state.fault) = fault;
    }

    /// What it was asked since the last call.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *lock(&self.state.asked))
    }

    /// The most requests that were under way at a time.
    pub fn most_running(&self) -> usize {
        self.state.most_running.load(Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn serve(listener: std::net::TcpListener, files: Files, state: Arc<State>) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        let (files, state) = (files.clone(), Arc::clone(&state));
        let service = service_fn(move |request| answer(request, files.clone(), Arc::clone(&state)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
    }
    Ok(())
}

async fn answer(request: Request<Incoming>, files: Files, state: Arc<State>) -> Result<Response<Body>, Error> {
    let running = state.running.fetch_add(1, Ordering::Relaxed) + 1;
    state.most_running.fetch_max(running, Ordering::Relaxed);
    let header = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
    let mut asked = Asked {
        method: request.method().clone(),
        target: request.uri().to_string(),
        range: header.map(str::to_owned),
        bytes: 0,
    };
    let fault = *lock(&state.fault);
    if let Fault::Slow(time) = fault {
        tokio::time::sleep(time).await;
    }
    let response = match (fault, part_number(&asked)) {
        (Fault::RefuseParts(from), Some(part)) if part >= from => {
            // Read first, or the sender meets a closed connection instead of the answer.
            let _ = request.into_body().collect().await?;
            let mut response = Response::new(full("refused"));
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
        _ => respond(request, files).await?,
    };
    let length = response.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    asked.bytes = length.unwrap_or(0);
    let cuts = asked.method == Method::GET && response.status().is_success();
    lock(&state.asked).push(asked);
    state.running.fetch_sub(1, Ordering::Relaxed);
    Ok(match cut_after(&state).filter(|_| cuts) {
        Some(after) => response.map(|body| cut(body, after)),
        None => response,
    })
}

/// Which part of an upload is sent.
fn part_number(asked: &Asked) -> Option<usize> {
    let (_, number) = asked.target.split_once("partNumber=")?;
    number.split('&').next()?.parse().ok()
}

async fn respond(request: Request<Incoming>, files: Files) -> Result<Response<Body>, Error> {
    match files {
        Files::S3(service) => {
            let response = service
                .call(request.map(s3s::Body::from))
                .await
                .map_err(|error| format!("{error:?}"))?;
            Ok(response.map(|body| body.map_err(Error::from).boxed_unsync()))
        }
        Files::WithoutRanges(folder) => {
            let path = folder.join(request.uri().path().trim_start_matches('/'));
            let Ok(bytes) = std::fs::read(path) else {
                let mut response = Response::new(full(""));
                *response.status_mut() = StatusCode::NOT_FOUND;
                return Ok(response);
            };
            let response = Response::builder()
                .header(CONTENT_LENGTH, bytes.len())
                .header(ETAG, "\"one\"");
            let body = if request.method() == Method::HEAD {
                Vec::new()
            } else {
                bytes
            };
            Ok(response.body(full(body))?)
        }
    }
}

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Where the next body is to be cut.
fn cut_after(state: &State) -> Option<usize> {
    match &mut *lock(&state.fault) {
        Fault::Cut { after, times } if *times > 0 => {
            *times -= 1;
            Some(*after)
        }
        _ => None,
    }
}

/// A body that fails after so many bytes, upon which hyper closes the connection.
fn cut(body: Body, after: usize) -> Body {
    let frames = BodyStream::new(body).scan(after, |left, frame| {
        let frame = frame.and_then(|frame| match frame.into_data() {
            Ok(data) if *left > 0 => {
                let data = data.slice(..data.len().min(*left));
                *left -= data.len();
                Ok(Frame::data(data))
            }
            _ => Err("cut".into()),
        });
        std::future::ready(Some(frame))
    });
    StreamBody::new(frames).boxed_unsync()
}
