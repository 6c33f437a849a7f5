//! remote/: arrays on an S3 server, over the loopback interface.

use std::rc::Rc;
use std::sync::Arc;

use ndarray::{Array2, Ix2, s};
use ndarray_io::remote::object_store::ObjectStore;
use ndarray_io::remote::{self, RemoteNpy};
use remote_tests::{ACCESS_KEY, BUCKET, SECRET_KEY, Server};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::harness::{Amount, Bench, Case, Peer};
use crate::timing::{Result, timed};

const COLUMNS: usize = 1024;

pub fn cases(bench: &mut Bench) -> Result<()> {
    bench.case("remote/read", |bench| {
        let place = Place::new(bench)?;
        let args = json!({
            "endpoint": place.server.endpoint(), "key": ACCESS_KEY, "secret": SECRET_KEY, "path": format!("{BUCKET}/a.npy"),
        });
        let mut peer = bench.best_of("fsspec+numpy", 2.0, &["s3fs"], "load_open", args.clone())?;
        let whole = bench.best_of("fsspec+numpy", 2.0, &["s3fs"], "load_bytes", args)?;
        peer.candidates.extend(whole.candidates);
        Ok(Case {
            amount: Amount::Bytes(place.bytes),
            ours: timed(move || place.read()),
            peers: vec![peer],
            limit: None,
        })
    })?;
    bench.case("remote/slice", |bench| {
        let place = Rc::new(Place::new(bench)?);
        let all = Rc::clone(&place);
        let rows = place.rows;
        Ok(Case {
            amount: Amount::Bytes(place.bytes),
            ours: timed(move || {
                let some = rows / 2..rows / 2 + rows / 100;
                place.runtime.block_on(async {
                    let npy = RemoteNpy::open(Arc::clone(&place.store), "a.npy").await?;
                    Ok(npy.read_slice::<f64, _>(s![some.clone(), ..]).await?)
                })
            }),
            peers: vec![Peer::rust("ours-all", 20.0, move || all.read())],
            limit: None,
        })
    })
}

/// A server with an array of 256 MiB.
struct Place {
    server: Server,
    store: Arc<dyn ObjectStore>,
    runtime: Runtime,
    rows: usize,
    bytes: u64,
}

impl Place {
    fn new(bench: &Bench) -> Result<Place> {
        let server = Server::s3(&bench.file("s3")).map_err(|error| error.to_string())?;
        let rows = bench.size(32 << 20) / COLUMNS;
        let array = Array2::from_shape_fn((rows, COLUMNS), |(i, j)| (i * COLUMNS + j) as f64);
        let (store, path) = remote::parse_url(&format!("s3://{BUCKET}/a.npy"), server.options())?;
        let runtime = Runtime::new()?;
        runtime.block_on(remote::write_npy(&store, path, &array))?;
        Ok(Place {
            server,
            store,
            runtime,
            rows,
            bytes: 8 * array.len() as u64,
        })
    }

    fn read(&self) -> Result<Array2<f64>> {
        self.runtime.block_on(async {
            let npy = RemoteNpy::open(Arc::clone(&self.store), "a.npy").await?;
            Ok(npy.read::<f64, Ix2>().await?)
        })
    }
}
