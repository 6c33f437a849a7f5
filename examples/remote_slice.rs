//! One column of a large array in an object store: the header is fetched, then the column by ranges of bytes.
//!
//! What is fetched depends on how the array lies. In Fortran's order, as here, a column is one piece, and no other byte is
//! fetched. In C order its values lie a row apart: pieces that are nearer than `RemoteOptions::gap` (1 MiB) are fetched
//! with what is between them, for that takes less time than a request for each; then one column of narrow rows is all of
//! the array, range by range, of which only the column is kept.
//!
//! ```text
//! cargo run --release --features object_store --example remote_slice     # of an array made for it, in a folder
//! cargo run --release --features object_store --example remote_slice -- s3://bucket/large.npy 3
//! ```
//!
//! A store's keys and region come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, ..).

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use ndarray::{Array1, Array2, Order, s};
use ndarray_io::remote::object_store::ObjectStore;
use ndarray_io::remote::object_store::local::LocalFileSystem;
use ndarray_io::remote::{self, RemoteNpy, RemoteOptions};
use ndarray_io::{Casting, ReadOptions, WriteOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut args = std::env::args().skip(1);
    let (store, path) = match args.next() {
        Some(url) => remote::parse_url(&url, std::env::vars())?,
        None => {
            let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path())?);
            let array = Array2::from_shape_fn((200_000, 64), |(i, j)| (i as f64).sin() + j as f64);
            // A column in one piece: for readers of rows, C's order would be the better one.
            let options = RemoteOptions::new().write_options(WriteOptions::new().order(Order::ColumnMajor));
            remote::write_npy_with(&store, "runs/large.npy", &array, &options).await?;
            (store, "runs/large.npy".into())
        }
    };
    let column: usize = args.next().map_or(Ok(3), |column| column.parse())?;

    let start = Instant::now();
    // Whatever numbers the file has, as f64.
    let options = RemoteOptions::new().read_options(ReadOptions::new().casting(Casting::SameKind));
    let npy = RemoteNpy::open_with(store, path, &options).await?;
    println!("{} of shape {:?}", npy.dtype(), npy.shape());
    let values: Array1<f64> = npy.read_slice(s![.., column]).await?;
    println!("column {column}: {} values in {:.1?}", values.len(), start.elapsed());
    if let Some(mean) = values.mean() {
        println!("mean {mean:.4}, standard deviation {:.4}", values.std(0.0));
    }
    Ok(())
}
