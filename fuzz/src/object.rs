//! Object arrays.

use ndarray::{Array1, IxDyn};
use ndarray_io::{Casting, DynArray, ErrorKind, ReadNpyExt, WriteNpyExt};

/// A file of one object, up to that object: what a mutation makes of an array's own opcodes is seldom an array.
const HEAD: &[u8] = b"\x93NUMPY\x01\0\x45\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }            \n\
    \x80\x04cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R(K\x01K\x01\x85\
    cnumpy\ndtype\n\x8c\x02O8\x89\x88\x87R(K\x03\x8c\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb\x89](";

/// Any pickle is objects or an error, and the objects are written as a pickle that is read again.
pub fn read(bytes: &[u8]) {
    for file in [bytes.to_vec(), [HEAD, bytes, b"etb."].concat()] {
        let Ok(array) = DynArray::read_npy(&file[..]) else {
            continue;
        };
        let _ = array.to_string();
        let _ = array.clone().into_array::<serde_json::Value, IxDyn>(Casting::Equiv);
        let _ = array.clone().into_array::<String, IxDyn>(Casting::Equiv);
        let _ = Array1::<(i128, Option<f32>)>::read_npy(&file[..]);
        let mut again = Vec::new();
        if array.write_npy(&mut again).is_ok() {
            // What is shared is written shorter, so that its limit may be lower.
            match DynArray::read_npy(&again[..]) {
                Err(error) if error.kind() != ErrorKind::Limit => panic!("what was written is not read: {error}"),
                _ => {}
            }
        }
    }
}
