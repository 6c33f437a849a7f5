//! Against a real NumPy, in both directions.

use crate::support::python;

#[test]
fn a_snippet_that_fails_says_why() {
    let Some(mut numpy) = python::numpy("numpy") else {
        return;
    };
    let sum = numpy.run("outputs.append(str(np.arange(4).sum()))", &[]);
    assert_eq!(sum, [b"6"]);
    let error = numpy.try_run("np.load(io.BytesIO(inputs[0]))", &[b"no"]).unwrap_err();
    assert!(error.contains("ValueError"), "{error}");
}
