//! The public names and the look of their calls, as users and those who come from ndarray-npy have typed them: a change
//! that breaks one of these breaks their code.

use std::fs::File;
use std::io::Cursor;

use half::f16;
use ndarray::{Array, Array1, Array2, ArrayD, ArrayRef2, ArrayView2, ArrayViewMut2, Ix2, IxDyn, Order, array, s};
use ndarray_io::{
    Casting, Datetime64, Dtype, DynArray, Error, ErrorKind, Header, Loaded, NpyAppender, NpyReader, ReadNpyError,
    ReadNpyExt, ReadOptions, ReadableElement, Timedelta64, Version, ViewElement, ViewMutElement, ViewMutNpyExt,
    ViewNpyError, ViewNpyExt, WritableElement, WriteNpyError, WriteNpyExt, WriteOptions, create_new_npy, load,
    read_npy, read_raw, units, write_npy, write_raw, write_zeroed_npy,
};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Point {
    id: u64,
    pos: [f32; 3],
    charge: Complex<f32>,
    weight: f16,
    name: String,
}

fn points() -> Array1<Point> {
    array![Point {
        id: 1,
        pos: [0.5, 1.5, 2.5],
        charge: Complex::new(1.0, -1.0),
        weight: f16::ONE,
        name: "é".to_owned(),
    }]
}

fn generic<A: WritableElement + ReadableElement + PartialEq>(a: &Array1<A>) -> Result<bool, Error> {
    let mut file = Vec::new();
    a.write_npy(&mut file)?;
    Ok(Array1::<A>::read_npy(&file[..])? == *a)
}

fn first<A: ViewElement + Copy>(file: &[u8]) -> Result<Option<A>, ViewNpyError> {
    Ok(ArrayView2::<A>::view_npy(file)?.first().copied())
}

fn set_first<A: ViewMutElement>(file: &mut [u8], value: A) -> Result<(), ViewNpyError> {
    ArrayViewMut2::<A>::view_mut_npy(file)?[[0, 0]] = value;
    Ok(())
}

#[test]
fn npy() -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let a = array![[1.0, 2.0], [3.0, 4.0]];

    let written: Result<(), WriteNpyError> = write_npy(&path, &a);
    written?;
    let read: Result<Array2<f64>, ReadNpyError> = read_npy(&path);
    assert_eq!(read?, a);
    assert_eq!(create_new_npy(&path, &a).unwrap_err().kind(), ErrorKind::Io);
    create_new_npy(folder.path().join("new.npy"), &a)?;
    write_npy(&path, &a.slice(s![.., 0]))?;
    let whole: &ArrayRef2<f64> = &a;
    write_npy(&path, whole)?;
    write_zeroed_npy::<f64, _>(&File::create(folder.path().join("zeros.npy")).unwrap(), (3, 4))?;
    assert_eq!(
        read_npy::<_, Array2<f64>>(folder.path().join("zeros.npy"))?,
        Array2::<f64>::zeros((3, 4))
    );

    let options = ReadOptions::new()
        .casting(Casting::Safe)
        .max_header_size(1000)
        .max_bytes(1 << 20);
    assert_eq!(options.read_npy::<_, ArrayD<Complex<f64>>>(&path)?.ndim(), 2);
    let options = WriteOptions::new()
        .dtype(">f8".parse()?)
        .order(Order::ColumnMajor)
        .version(Version::V2_0)
        .atomic(false);
    options.write_npy(&path, &a)?;
    let reader = NpyReader::open(&path)?;
    assert_eq!(reader.dtype().descr(), ">f8");
    assert_eq!(
        (reader.shape(), reader.header().order),
        (&[2, 2][..], Order::ColumnMajor)
    );
    assert_eq!(reader.read_slice::<f64, _>(s![1.., ..;2])?, array![[3.0]]);
    assert_eq!(reader.read::<f64, Ix2>()?, a);

    let mut buffer = Vec::new();
    a.write_npy_with(&mut buffer, &WriteOptions::new())?;
    assert_eq!(Array2::<f64>::read_npy_with(&buffer[..], &ReadOptions::new())?, a);
    assert_eq!(ArrayD::<f64>::read_npy(Cursor::new(&buffer))?, a.clone().into_dyn());
    let Header {
        dtype, order, shape, ..
    } = Header::read(&mut &buffer[..])?;
    assert_eq!(
        (dtype, order, &shape[..]),
        ("<f8".parse()?, Order::RowMajor, &[2, 2][..])
    );
    let mut target = Array2::<f64>::zeros((2, 2));
    NpyReader::new(&buffer[..])?.read_into(target.view_mut())?;
    assert_eq!(target, a);
    let rows: Result<Vec<Array2<f64>>, Error> = NpyReader::new(&buffer[..])?.rows::<f64, Ix2>(1).collect();
    assert_eq!(rows?.len(), 2);

    let mut aligned = vec![0_u64; buffer.len() / 8];
    bytemuck::cast_slice_mut(&mut aligned).copy_from_slice(&buffer);
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut aligned);
    set_first(bytes, 9.0_f64)?;
    assert_eq!(first::<f64>(bytes)?, Some(9.0));
    assert!(generic(&points())? && generic(&array![f16::ONE])?);
    Ok(())
}

#[test]
fn elements() -> Result<(), Error> {
    assert_eq!(
        Dtype::of_value(&points()[0])?.to_string(),
        "[('id', '<u8'), ('pos', '<f4', (3,)), ('charge', '<c8'), ('weight', '<f2'), ('name', '<U1')]"
    );
    assert_eq!(
        Dtype::of::<(i32, Option<f64>)>()?.to_string(),
        "[('f0', '<i4'), ('f1', '<f8')]"
    );
    let day = Dtype::of::<Datetime64<units::Day>>()?;
    assert_eq!(
        (day.descr(), day.itemsize(), day.alignment()),
        ("<M8[D]".to_owned(), 8, 8)
    );
    assert_eq!(Dtype::of::<Timedelta64<units::Nanosecond>>()?.descr(), "<m8[ns]");
    let dtype: Dtype = "[('x', '<f4'), ('y', '|u1', (2, 3))]".parse()?;
    assert_eq!((dtype.itemsize(), dtype.fields().len()), (10, 2));
    assert!("<f8".parse::<Dtype>()?.byte_order().is_native());
    Ok(())
}

#[test]
fn run_time_dtypes() -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    write_npy(&path, &array![1_i16, 2])?;
    let Loaded::Npy(a) = load(&path)? else {
        panic!("an array")
    };
    let DynArray::Int16(inner) = &a else { panic!("of i16") };
    assert_eq!(inner.sum(), 3);
    assert_eq!((a.dtype().descr(), a.shape()), ("<i2".to_owned(), &[2][..]));
    let mut again = Vec::new();
    a.write_npy(&mut again)?;
    assert_eq!(again, std::fs::read(&path).unwrap());
    assert_eq!(a.into_array::<f64, IxDyn>(Casting::Safe)?, array![1.0, 2.0].into_dyn());

    write_npy(&path, &points())?;
    let DynArray::Record(records) = NpyReader::open(&path)?.read_dyn()? else {
        panic!("records")
    };
    assert!(matches!(records.field("id")?, DynArray::UInt64(_)));
    let typed: Array1<Point> = records.into_records::<Point>()?.into_dimensionality().unwrap();
    assert_eq!(typed, points());
    Ok(())
}

#[test]
fn appending_and_raw_files() -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let mut log = NpyAppender::<f64, Ix2>::create(&path, 2)?;
    log.push(array![1.0, 2.0].view())?;
    log.append(array![[3.0, 4.0]].view())?;
    log.flush()?;
    log.finish()?;
    NpyAppender::<f64, Ix2>::open(&path)?.finish()?;
    assert_eq!(read_npy::<_, Array2<f64>>(&path)?, array![[1.0, 2.0], [3.0, 4.0]]);

    write_raw(&path, &array![1_u16, 2, 3])?;
    assert_eq!(read_raw::<u16>(&path, 2, 2)?, array![2, 3]);
    assert_eq!(read_raw::<u16>(&path, None, 0)?.len(), 3);
    Ok(())
}

#[cfg(feature = "npz")]
#[test]
fn npz() -> Result<(), Error> {
    use std::collections::BTreeMap;

    use ndarray::OwnedRepr;
    use ndarray_io::{Compression, MemberOptions, NpzReader, NpzWriter, read_npz, write_npz, write_npz_compressed};

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Checkpoint {
        epoch: u64,
        weights: Array2<f64>,
        loss_history: Vec<f64>,
        config: BTreeMap<String, f64>,
        note: Option<String>,
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let a = array![[1.0, 2.0]];
    let mut npz = NpzWriter::create(&path)?;
    npz.add_array("a", &a)?;
    let options = MemberOptions::new().compression(Compression::Deflate(6));
    npz.add_array_with("b", &a.slice(s![0, ..]), &options)?;
    npz.add_json("meta.json", &points()[0])?;
    npz.add_bytes("raw", b"bytes")?;
    npz.finish()?;
    let mut npz = NpzReader::open(&path)?;
    assert_eq!((npz.len(), npz.is_empty()), (4, false));
    assert_eq!(npz.names()?, ["a", "b", "meta.json", "raw"]);
    assert_eq!(npz.header("a")?.shape, [1, 2]);
    assert_eq!(npz.by_name::<OwnedRepr<f64>, Ix2>("a.npy")?, a);
    let b: Array1<f64> = npz.by_index(1)?;
    assert_eq!(b, array![1.0, 2.0]);
    assert!(matches!(npz.get("a")?, DynArray::Float64(_)));
    assert_eq!(npz.json::<Point>("meta.json")?, points()[0]);
    assert_eq!(npz.bytes("raw")?, b"bytes");

    for npz in [
        NpzWriter::new(Cursor::new(Vec::new())),
        NpzWriter::new_compressed(Cursor::new(Vec::new())),
    ] {
        let mut npz = npz;
        npz.add_array("a", &a)?;
        let mut npz = NpzReader::new(npz.finish()?)?;
        assert!(npz.read_all()?.get("a").is_some());
    }
    NpzWriter::create_compressed(&path)?.finish()?;
    let Loaded::Npz(npz) = load(&path)? else {
        panic!("an archive")
    };
    assert!(npz.is_empty());

    let checkpoint = Checkpoint {
        epoch: 3,
        weights: a,
        loss_history: vec![0.5],
        config: BTreeMap::from([("lr".to_owned(), 0.1)]),
        note: None,
    };
    for write in [write_npz, write_npz_compressed] {
        write(&path, &checkpoint)?;
        assert_eq!(read_npz::<_, Checkpoint>(&path)?, checkpoint);
    }
    assert_eq!(
        NpzReader::open(&path)?.names()?,
        ["epoch", "weights", "loss_history", "config/lr"]
    );
    Ok(())
}

#[cfg(feature = "mmap")]
#[test]
#[allow(unsafe_code, clippy::undocumented_unsafe_blocks)] // of each: the file is this test's own
fn maps() -> Result<(), Error> {
    use ndarray_io::{NpyMmap, NpyMmapMut, RawLayout, RawMmap, RawMmapMut};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let mut map = unsafe { NpyMmapMut::create::<f64, _>(&path, (2, 3)) }?;
    map.view_mut::<f64, Ix2>()?[[1, 2]] = 5.0;
    map.flush()?;
    drop(map);
    let map = unsafe { NpyMmap::open(&path) }?;
    assert_eq!(
        (map.header().shape.as_slice(), map.view::<f64, Ix2>()?[[1, 2]]),
        (&[2, 3][..], 5.0)
    );
    drop(map);
    drop(unsafe { NpyMmapMut::open(&path) }?);
    drop(unsafe { NpyMmapMut::open_private(&path) }?);

    let layout = RawLayout::of::<f64>()?.offset(128).shape((2, 3)).order(Order::RowMajor);
    let map = unsafe { RawMmap::open(&path, &layout) }?;
    assert_eq!(map.view::<f64, Ix2>()?[[1, 2]], 5.0);
    drop(map);
    drop(unsafe { RawMmapMut::open(&path, &layout) }?);
    drop(unsafe { RawMmapMut::open_private(&path, &layout) }?);
    drop(unsafe { RawMmapMut::create(&path, &layout) }?);
    #[cfg(feature = "npz")]
    {
        let path = folder.path().join("a.npz");
        ndarray_io::write_npz(&path, &std::collections::BTreeMap::from([("w", vec![1.0, 2.0])]))?;
        let npz = unsafe { ndarray_io::NpzMmap::open(&path) }?;
        assert_eq!(npz.view::<f64, ndarray::Ix1>("w")?, array![1.0, 2.0]);
    }
    Ok(())
}

#[cfg(feature = "text")]
#[test]
fn text() -> Result<(), Error> {
    use ndarray::Ix1;
    use ndarray_io::{
        Encoding, GenFromTxt, LoadTxt, MaskedArray, Names, SaveTxt, Table, fromregex, genfromtxt, loadtxt, savetxt,
    };

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    let a = array![[1.0, 2.0], [3.0, 4.0]];
    savetxt(&path, &a)?;
    let b: Array2<f64> = loadtxt(&path)?;
    assert_eq!(a, b);
    let b: Array2<f64> = genfromtxt(&path)?;
    assert_eq!(a, b);

    let save = SaveTxt::new()
        .fmts(["%d", "%.3f"])
        .delimiter(",")
        .newline("\n")
        .header("x,y")
        .footer("end")
        .comments("# ")
        .encoding(Encoding::Utf8);
    save.write_path(&path, &a)?;
    SaveTxt::new().fmt("%.6f").write(Vec::new(), &a)?;
    let read = LoadTxt::new()
        .comments(["#"])
        .delimiter(",")
        .converter(0, |field| field.to_owned())
        .skiprows(1)
        .usecols([0, -1])
        .unpack(true)
        .max_rows(2)
        .quotechar('"')
        .encoding(Encoding::Utf8);
    assert_eq!(read.read_path::<_, f64, Ix2>(&path)?, a.t());
    assert_eq!(LoadTxt::new().read::<_, f64, Ix1>(&b"1 2"[..])?, array![1.0, 2.0]);
    let dynamic = LoadTxt::new().dtype("<i2".parse()?).read_dyn(&b"1 2"[..])?;
    assert!(matches!(dynamic, DynArray::Int16(_)));
    assert_eq!(LoadTxt::new().delimiter(",").read_dyn_path(&path)?.shape(), [2, 2]);
    SaveTxt::new().write(Vec::new(), &dynamic)?;
    assert_eq!(
        LoadTxt::new().read::<_, (u8, Option<f64>), Ix1>(&b"1 2"[..])?[0],
        (1, Some(2.0))
    );

    let read = GenFromTxt::new()
        .comments("#")
        .delimiter(",")
        .skip_header(0)
        .skip_footer(0)
        .converter(0, |field| field.to_owned())
        .missing_values("N/A")
        .filling_values(-1.0)
        .usecols([0, 1])
        .excludelist(["print"])
        .deletechars("~")
        .replace_space("_")
        .autostrip(true)
        .case_sensitive(true)
        .defaultfmt("f%i")
        .loose(true)
        .invalid_raise(true)
        .max_rows(10)
        .encoding(Encoding::Utf8);
    let text = &b"1,N/A\n3,4"[..];
    assert_eq!(read.read::<_, f64, Ix2>(text)?, array![[1.0, -1.0], [3.0, 4.0]]);
    let MaskedArray { mask, .. } = read.read_masked::<_, f64, Ix2>(text)?;
    assert_eq!(mask, array![[false, true], [false, false]]);
    assert_eq!(
        GenFromTxt::new()
            .field_widths([1, 2])
            .read::<_, f64, Ix1>(&b"123"[..])?,
        array![1.0, 23.0]
    );

    let table: Table = GenFromTxt::new()
        .names(Names::FromHeader)
        .delimiter(",")
        .read_table(&b"x,y\n1,a\n2,b\n"[..])?;
    assert_eq!(table.names().collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(table.column("x")?.values::<i64>()?, array![1, 2]);
    assert_eq!(table.to_records::<(i64, String)>()?[1], (2, "b".to_owned()));
    assert_eq!(table.to_record_array()?.len(), 2);

    std::fs::write(&path, "a=1 b=2").unwrap();
    let found: Array1<(String, i64)> = fromregex(&path, r"(\w)=(\d)")?;
    assert_eq!(found[1], ("b".to_owned(), 2));
    Ok(())
}

/// A plain array of any dimension, by the alias that ndarray's users write.
#[test]
fn dimensions() -> Result<(), Error> {
    let a = Array::<u8, _>::zeros((2, 3, 4));
    let mut file = Vec::new();
    a.write_npy(&mut file)?;
    assert_eq!(Array::<u8, ndarray::Ix3>::read_npy(&file[..])?, a);
    Ok(())
}
