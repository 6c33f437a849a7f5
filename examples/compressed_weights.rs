//! The weights of a model as small as they get without loss, and smaller as half floats; which of both is worth it shows
//! in the sizes.
//!
//! ```text
//! cargo run --release --example compressed_weights
//! ```

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use half::f16;
use ndarray::{Array2, Zip};
use ndarray_io::{Casting, Compression, MemberOptions, NpzReader, NpzWriter, ReadOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    // As weights are: no pattern in the digits, and after pruning, three of four are zero.
    let dense = Array2::from_shape_fn((512, 512), |(i, j)| noise(i * 512 + j));
    let pruned = dense.mapv(|weight| if weight.abs() < 0.75 { 0.0 } else { weight });
    let halves = dense.mapv(f16::from_f32);

    let show = |what: &str, compression, save: &dyn Fn(&mut NpzWriter<_>, &MemberOptions) -> ndarray_io::Result<()>| {
        let path = folder.path().join("weights.npz");
        let start = Instant::now();
        let mut npz = NpzWriter::create(&path)?;
        save(&mut npz, &MemberOptions::new().compression(compression))?;
        npz.finish()?;
        let (written, start) = (start.elapsed(), Instant::now());
        NpzReader::open(&path)?.get("w")?;
        println!(
            "{what:24} {:>8} bytes, written in {written:.1?}, read in {:.1?}",
            size(&path)?,
            start.elapsed()
        );
        size(&path)
    };
    let deflate = Compression::Deflate(6);
    let stored = show("f4, stored", Compression::Stored, &|npz, options| {
        npz.add_array_with("w", &dense, options)
    })?;
    show("f4, deflated", deflate, &|npz, options| {
        npz.add_array_with("w", &dense, options)
    })?;
    let small = show("f4 pruned, deflated", deflate, &|npz, options| {
        npz.add_array_with("w", &pruned, options)
    })?;
    assert!(small < stored / 2);
    let half = show("f2, stored", Compression::Stored, &|npz, options| {
        npz.add_array_with("w", &halves, options)
    })?;
    assert!(half < stored * 6 / 10);

    // The halves, as f32 while they are read; as `Array2<f16>` without the option.
    let path = folder.path().join("weights.npz");
    let casting = ReadOptions::new().casting(Casting::Safe);
    let halves: Array2<f32> = NpzReader::open(&path)?.with_options(casting).by_name("w")?;
    let mut worst: f32 = 0.0;
    Zip::from(&dense)
        .and(&halves)
        .for_each(|&weight, &half| worst = worst.max((weight - half).abs()));
    println!("the most that a weight lost as a half float: {worst:.1e}");
    Ok(())
}

fn size(path: &Path) -> ndarray_io::Result<u64> {
    Ok(path.metadata()?.len())
}

/// Between -1 and 1, the same in every run (splitmix64).
fn noise(n: usize) -> f32 {
    let mut z = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
}
