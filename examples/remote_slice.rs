//! One column of a large array in an object store: the header, then the bytes of the column, and no more of the array in
//! memory than that.
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

use ndarray::{Array1, Array2, s};
use ndarray_io::remote::object_store::ObjectStore;
use ndarray_io::remote::object_store::local::LocalFileSystem;
use ndarray_io::remote::{self, RemoteNpy, RemoteOptions};
use ndarray_io::{Casting, ReadOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut args = std::env::args().skip(1);
    let (store, path) = match args.next() {
        Some(url) => remote::parse_url(&url, std::env::vars())?,
        None => {
            let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path())?);
            let array = Array2::from_shape_fn((200_000, 64), |(i, j)| (i as f64).sin() + j as f64);
            remote::write_npy(&store, "runs/large.npy", &array).await?;
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
