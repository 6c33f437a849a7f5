//! NumPy to ndarray-io: each function and parameter of NumPy's array I/O, and its counterpart here.
//!
//! What is not listed here as other than NumPy is as in NumPy, defaults included. The bytes of `.npy` files, of members of
//! archives, of raw files and of [`savetxt`] are those that NumPy writes. Functions that map a file are `unsafe`: who calls
//! them promises that no other program changes it meanwhile.
//!
//! # `.npy`
//!
//! | NumPy | here |
//! |---|---|
//! | `np.save(file, arr)` | [`write_npy`]`(path, &arr)?`, or [`arr.write_npy(writer)?`](crate::WriteNpyExt::write_npy); the path is taken as it is, without `.npy` appended; the file is replaced atomically |
//! | `open(file, "xb")` for it | [`create_new_npy`]`(path, &arr)?` |
//! | `arr.astype(">f8")`, `arr.astype("S10")` before it | [`WriteOptions::dtype`]`(">f8".parse()?)`: byte orders, widths of text, whatever loses no value |
//! | `arr.astype("<f4")` of wider numbers | ndarray's `arr.mapv(\|x\| x as f32)` |
//! | `np.asfortranarray(arr)` before it | [`WriteOptions::order`]`(Order::ColumnMajor)` |
//! | `allow_pickle=` of `save` | arrays of objects are written with the feature `object`; nothing else is ever pickled |
//! | `np.load(file)` | [`read_npy`]`::<_, Array2<f64>>(path)?`, [`Array2::read_npy(reader)?`](crate::ReadNpyExt::read_npy); whatever the dtype or file: [`load`]`(path)?` |
//! | `np.load(file).astype(t, casting=c)` | [`ReadOptions::casting`]`(`[`Casting::SameKind`]`)`, then `.read_npy(path)?`: converted while it is read |
//! | `out[...] = np.load(file)` | [`NpyReader::read_into`]`(out.view_mut())?`, without a second array |
//! | `mmap_mode="r"`, `"r+"`, `"c"` | [`NpyMmap::open`], [`NpyMmapMut::open`], [`NpyMmapMut::open_private`] |
//! | `mmap_mode="w+"` (truncates the file, then raises) | [`NpyMmapMut::create`] |
//! | `allow_pickle=True` of `load` | the feature `object`: the pickle in a `.npy` or a `.npz` is read as data, and nothing in it is run; a file that is a pickle itself (`arr.dump`) is refused |
//! | `fix_imports=`, `encoding=` of `load` | not needed: pickles of Python 2 are read, their texts as Latin-1 |
//! | `max_header_size=10000` | [`ReadOptions::max_header_size`]`(10_000)` |
//! | several `np.load` of one handle | several [`read_npy`](crate::ReadNpyExt::read_npy) of one `&mut reader` |
//! | `np.lib.format.open_memmap(path, mode, dtype, shape, fortran_order)` | [`NpyMmapMut::create`]`::<A, D>(path, shape)`, or with a [`Header`]: [`NpyMmapMut::create_with`]; `version=`: the lowest that will do; `max_header_size=`: its default |
//! | `np.lib.format.read_magic`, `read_array_header_1_0`, `_2_0` | [`Header::read`], [`Header::version`]; `max_header_size=`: [`Header::read_with`] |
//! | `np.lib.format.write_array_header_1_0`, `_2_0`, `magic` | [`Header::write`], [`Header::to_bytes`] |
//! | `np.lib.format.header_data_from_array_1_0(arr)` | [`arr.npy_header(&options)?`](crate::WriteNpyExt::npy_header) |
//! | `np.lib.format.write_array(fp, arr, version)`, `read_array(fp)` | [`arr.write_npy_with(writer, &options)?`](crate::WriteNpyExt::write_npy_with) with [`WriteOptions::version`], [`Array2::read_npy(reader)?`](crate::ReadNpyExt::read_npy) |
//! | `np.lib.format.descr_to_dtype`, `dtype_to_descr` | `descr.parse::<`[`Dtype`]`>()?`, [`Dtype::descr`] |
//! | `np.load(path)[10:20]`, after reading all of it | [`NpyReader::read_slice`]`(s![10..20, ..])`: the bytes that it needs, and short gaps between them; of a stream: [`read_slice_in_order`](NpyReader::read_slice_in_order) |
//! | a loop over a memmap | [`NpyReader::rows`] |
//! | appending to a file | [`NpyAppender`] (NumPy leaves room for it in the header, and has no function) |
//!
//! # `.npz`
//!
//! | NumPy | here |
//! |---|---|
//! | `np.savez(file, a=a, b=b)` | [`write_npz`]`(path, &value)?`, where `value` is a struct or map with the fields `a` and `b`; or [`NpzWriter`]; the path is taken as it is |
//! | `np.savez(file, a, b)` | [`NpzWriter::add_array`] with the names `arr_0` and `arr_1` |
//! | `np.savez_compressed` | [`write_npz_compressed`], [`NpzWriter::create_compressed`]; another level, or for one member: [`MemberOptions::compression`] |
//! | `npz = np.load(file)` | [`NpzReader::open`]`(path)?` |
//! | `npz["a"]` | [`npz.by_name("a")?`](crate::NpzReader::by_name); whatever the dtype: [`npz.get("a")?`](crate::NpzReader::get) |
//! | `npz.files`, `len(npz)`, `"a" in npz` | [`names`](crate::NpzReader::names), [`len`](crate::NpzReader::len), [`contains`](crate::NpzReader::contains) |
//! | casts, `max_header_size=`, files from strangers | [`NpzReader::with_options`](crate::NpzReader::with_options) with [`ReadOptions`] |
//! | `allow_pickle=` of `savez`, `savez_compressed` | as that of `save` |
//! | `dict(npz)` | [`read_all`](crate::NpzReader::read_all), on all cores; [`read_npz`] for a struct |
//! | `npz["a"].dtype` (reads the array) | [`npz.header("a")?.dtype`](crate::NpzReader::header), without the data |
//! | `npz.zip.getinfo("a.npy")` | [`info`](crate::NpzReader::info) |
//! | `npz.zip.read("notes.txt")` | [`bytes`](crate::NpzReader::bytes), [`json`](crate::NpzReader::json) |
//! | `mmap_mode=` (silently ignored) | [`NpzMmap`] views stored members in place |
//!
//! # Text
//!
//! Where NumPy takes a path or a file object, there are two methods: `.read_path(path)` and `.read(reader)`,
//! `.write_path(path, &x)` and `.write(writer, &x)`. A path may be of packed text too, which a reader tells by its content
//! and a writer by its name: `.gz`, and with their features `.bz2`, `.xz` and `.lzma`. A list of lines is a reader,
//! `lines.join("\n").as_bytes()`; URLs are not fetched.
//!
//! | `np.savetxt(fname, X, ..)` | [`SaveTxt::new()`](crate::SaveTxt::new), then `.write_path(path, &x)?`; [`savetxt`] with the defaults |
//! |---|---|
//! | `fmt='%.18e'` | [`fmt`](crate::SaveTxt::fmt); a list: [`fmts`](crate::SaveTxt::fmts); what reads back to the same value: [`Fmt::Shortest`] |
//! | `delimiter=' '`, `newline='\n'` | [`delimiter`](crate::SaveTxt::delimiter), [`newline`](crate::SaveTxt::newline) |
//! | `header=''`, `footer=''`, `comments='# '` | [`header`](crate::SaveTxt::header), [`footer`](crate::SaveTxt::footer), [`comments`](crate::SaveTxt::comments) |
//! | `encoding=None` | [`encoding`](crate::SaveTxt::encoding) |
//!
//! | `np.loadtxt(fname, ..)` | [`LoadTxt::new()`](crate::LoadTxt::new), then `.read_path(path)?`; [`loadtxt`] with the defaults |
//! |---|---|
//! | `dtype=float` | the type of the elements, `Array2<f64>`; at run time: [`dtype`](crate::LoadTxt::dtype) and [`read_dyn_path`](crate::LoadTxt::read_dyn_path) |
//! | `comments='#'` | [`comments`](crate::LoadTxt::comments)`(["#"])`; `None` is `comments(None::<&str>)` |
//! | `delimiter=None` | [`delimiter`](crate::LoadTxt::delimiter) |
//! | `converters=None` | [`converter`](crate::LoadTxt::converter) for a column, [`converters`](crate::LoadTxt::converters) for all: from text to the text that is parsed |
//! | `skiprows=0`, `max_rows=None` | [`skiprows`](crate::LoadTxt::skiprows), [`max_rows`](crate::LoadTxt::max_rows) |
//! | `usecols=None` | [`usecols`](crate::LoadTxt::usecols)`([0, -1])` |
//! | `unpack=False`, `ndmin=0` | [`unpack`](crate::LoadTxt::unpack), [`ndmin`](crate::LoadTxt::ndmin); the array's type says its dimensions, `ArrayD` is squeezed as NumPy does; records are one array, of which `unpack` makes no list of columns |
//! | `encoding=None` | [`encoding`](crate::LoadTxt::encoding), UTF-8 by default |
//! | `quotechar=None` | [`quotechar`](crate::LoadTxt::quotechar) |
//! | `like=None` | not needed |
//!
//! | `np.genfromtxt(fname, ..)` | [`GenFromTxt::new()`](crate::GenFromTxt::new), then `.read_path(path)?`; [`genfromtxt`] with the defaults |
//! |---|---|
//! | `dtype=float` | the type of the elements; at run time: [`dtype`](crate::GenFromTxt::dtype) and [`read_dyn_path`](crate::GenFromTxt::read_dyn_path) |
//! | `dtype=None` | [`read_table_path`](crate::GenFromTxt::read_table_path), which gives a [`Table`]; NumPy's array of it is [`Table::to_dyn`] |
//! | `comments='#'` | [`comments`](crate::GenFromTxt::comments), [`no_comments`](crate::GenFromTxt::no_comments) |
//! | `delimiter=None` | [`delimiter`](crate::GenFromTxt::delimiter); a number: [`field_width`](crate::GenFromTxt::field_width); several: [`field_widths`](crate::GenFromTxt::field_widths) |
//! | `skip_header=0`, `skip_footer=0`, `max_rows=None` | [`skip_header`](crate::GenFromTxt::skip_header), [`skip_footer`](crate::GenFromTxt::skip_footer), [`max_rows`](crate::GenFromTxt::max_rows) |
//! | `converters=None` | [`converter`](crate::GenFromTxt::converter), for a column by index or name: from text to the text that is parsed |
//! | `missing_values=None`, `filling_values=None` | [`missing_values`](crate::GenFromTxt::missing_values), [`filling_values`](crate::GenFromTxt::filling_values) |
//! | `usecols=None` | [`usecols`](crate::GenFromTxt::usecols), indices or names |
//! | `names=None` | [`names`](crate::GenFromTxt::names): `True` is [`Names::FromHeader`], or a list |
//! | `excludelist=None`, `deletechars`, `replace_space='_'` | [`excludelist`](crate::GenFromTxt::excludelist), [`deletechars`](crate::GenFromTxt::deletechars), [`replace_space`](crate::GenFromTxt::replace_space) |
//! | `autostrip=False`, `case_sensitive=True`, `defaultfmt='f%i'` | [`autostrip`](crate::GenFromTxt::autostrip), [`case_sensitive`](crate::GenFromTxt::case_sensitive), [`defaultfmt`](crate::GenFromTxt::defaultfmt) |
//! | `unpack=None`, `ndmin=0` | [`unpack`](crate::GenFromTxt::unpack), [`ndmin`](crate::GenFromTxt::ndmin), as in `loadtxt` |
//! | `usemask=False` | `True` is [`read_masked_path`](crate::GenFromTxt::read_masked_path), which gives a [`MaskedArray`]; or elements of `Option` |
//! | `loose=True`, `invalid_raise=True` | [`loose`](crate::GenFromTxt::loose), [`invalid_raise`](crate::GenFromTxt::invalid_raise) |
//! | `encoding=None` | [`encoding`](crate::GenFromTxt::encoding), UTF-8 by default |
//! | `like=None` | not needed |
//! | quotes (there are none) | [`quotechar`](crate::GenFromTxt::quotechar) |
//!
//! | others | here |
//! |---|---|
//! | `np.fromregex(file, regexp, dtype, encoding=None)` | [`fromregex`]`(path, regex)?`; at run time: [`fromregex_dyn`]`(path, regex, &dtype)?`; of a path, in UTF-8, and in the language of the crate `regex`, which has no look-around and no backreferences |
//! | `np.fromfile(file, sep=",")`, `np.fromstring`, `np.fromiter` | [`LoadTxt`] of a reader; ndarray's `Array::from_iter` |
//! | `np.ma.masked_array.filled(x)` | [`MaskedArray::filled`] |
//!
//! # Raw files and maps
//!
//! | NumPy | here |
//! |---|---|
//! | `np.fromfile(file, dtype=float, count=-1, offset=0)` | [`read_raw`]`::<f64>(path, None, 0)?`; a file that is too short is an error here; another dtype, order or shape: [`RawLayout`]; `like=` is not needed |
//! | `arr.tofile(path)` | [`write_raw`]`(path, &arr)?` |
//! | `arr.tofile(file)`, to an open file | [`arr.write_npy_range(writer, &header, 0..arr.len())?`](crate::WriteNpyExt::write_npy_range), of the header that [`npy_header`](crate::WriteNpyExt::npy_header) gave |
//! | `arr.tofile(path, sep=",", format="%s")` | [`SaveTxt`], row by row, where NumPy writes all in one line |
//! | `np.memmap(filename, dtype, mode="r", offset, shape, order)` | [`RawMmap::open`]`(path, &`[`RawLayout`]`::of::<f64>()?.shape((3, 4)).offset(16))?` |
//! | `mode="r+"`, `"w+"`, `"c"` | [`RawMmapMut::open`], [`RawMmapMut::create`], [`RawMmapMut::open_private`] |
//! | `memmap.flush()` | [`RawMmapMut::flush`], [`NpyMmapMut::flush`] |
//!
//! # dtypes
//!
//! | NumPy | here |
//! |---|---|
//! | `np.dtype("<f8")`, `np.dtype([("x", "<f4"), ("y", "u1", (2, 3))])` | `"<f8".parse::<`[`Dtype`]`>()?`, `"[('x', '<f4'), ('y', 'u1', (2, 3))]".parse::<Dtype>()?`, [`Dtype::record`] |
//! | `np.dtype(dtype, align=True)` | [`Dtype::aligned`] |
//! | `dtype.str`, `dtype.descr`, `dtype.name` | [`Dtype::descr`], [`Dtype::name`] |
//! | `dtype.itemsize`, `alignment`, `kind`, `byteorder` | [`itemsize`](crate::Dtype::itemsize), [`alignment`](crate::Dtype::alignment), [`kind`](crate::Dtype::kind), [`byte_order`](crate::Dtype::byte_order) |
//! | `dtype.names`, `dtype.fields`, `dtype.subdtype`, `dtype.shape` | [`fields`](crate::Dtype::fields), [`field`](crate::Dtype::field), [`base`](crate::Dtype::base), [`shape`](crate::Dtype::shape) |
//! | `dtype.newbyteorder(">")` | [`with_byte_order`](crate::Dtype::with_byte_order) |
//! | `dtype.hasobject` | [`has_object`](crate::Dtype::has_object) |
//! | `np.can_cast(a, b, casting)` | [`Dtype::can_cast`] |
//! | `np.datetime_data(dtype)` | [`Dtype::unit`] |
//! | `np.datetime64("2026-01-01", "D")`, `np.timedelta64(1, "h")` | [`Datetime64`]`<units::Day>`, [`Timedelta64`]`<units::Hour>` |
//! | `records["x"]` | [`RecordArray::field`]; or an array of structs |
//!
//! # Beside NumPy
//!
//! | Python | here |
//! |---|---|
//! | `dask.array.to_npy_stack(dirname, x, axis=0)` | [`NpyStackWriter::new`]`(dirname, 0)?`, then [`write`](crate::NpyStackWriter::write) for each chunk, in any process, and [`finish`](crate::NpyStackWriter::finish) |
//! | `x = dask.array.from_npy_stack(dirname)` | [`NpyStack::open`]`(dirname)?`; `x[10:20].compute()` is [`read_slice`](crate::NpyStack::read_slice)`(s![10..20, ..])?`, `x.blocks[0]` is [`block`](crate::NpyStack::block)`(0)?` |
//! | `mmap_mode="r"` of it, the default | [`map_block`](crate::NpyStack::map_block) |
//! | `np.load(fsspec.open("s3://bucket/a.npy").open())` | [`remote::parse_url`]`("s3://bucket/a.npy", env)?`, then [`remote::load`]`(store, path).await?` |
//! | a slice of it, by ranges | [`RemoteNpy::read_slice`], [`RemoteNpz::read_slice`] |
//! | `np.save` into `fsspec.open("s3://..", "wb")` | [`remote::write_npy`]`(&store, path, &arr).await?` |
#![cfg_attr(
    not(all(
        feature = "npz",
        feature = "mmap",
        feature = "text",
        feature = "stack",
        feature = "object_store"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

#[allow(unused_imports)] // names of the links
use crate::*;
