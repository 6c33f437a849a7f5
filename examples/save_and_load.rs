//! One array to a `.npy` file and back: `np.save` and `np.load`.
//!
//! ```text
//! cargo run --release --example save_and_load
//! ```

use std::error::Error;

use ndarray::{Array1, Array2, array};
use ndarray_io::{
    Casting, ErrorKind, NpyReader, ReadNpyExt, ReadOptions, WriteNpyExt, WriteOptions, create_new_npy, read_npy,
    write_npy,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.npy");

    // A file that is there is replaced whole: whoever reads it meanwhile sees the old array or the new one.
    let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    write_npy(&path, &a)?;
    let b: Array2<f64> = read_npy(&path)?;
    assert_eq!(a, b);

    // Or only if there is none.
    let kind = create_new_npy(&path, &a).map_err(|error| error.kind());
    assert_eq!(kind, Err(ErrorKind::Io));

    // What is in a file, without its data.
    let reader = NpyReader::open(&path)?;
    println!("{}: {} of shape {:?}", path.display(), reader.dtype(), reader.shape());

    // The type that is asked for is the file's, or a conversion that is allowed by NumPy's rules.
    if let Err(error) = read_npy::<_, Array2<f32>>(&path) {
        println!("{error}");
    }
    let narrow: Array2<f32> = ReadOptions::new().casting(Casting::SameKind).read_npy(&path)?;
    assert_eq!(narrow[[1, 2]], 6.0);

    // Another dtype in the file: big-endian here.
    WriteOptions::new().dtype(">f8".parse()?).write_npy(&path, &a)?;
    assert_eq!(read_npy::<_, Array2<f64>>(&path)?, a);

    // Any reader and writer will do: a buffer, a socket, a pipe. Arrays can follow each other in one stream.
    let mut stream = Vec::new();
    a.write_npy(&mut stream)?;
    array![1_u8, 2].write_npy(&mut stream)?;
    let mut rest = &stream[..];
    assert_eq!(Array2::<f64>::read_npy(&mut rest)?, a);
    assert_eq!(Array1::<u8>::read_npy(&mut rest)?, array![1, 2]);
    assert!(rest.is_empty());
    println!("written, read, and compared");
    Ok(())
}
