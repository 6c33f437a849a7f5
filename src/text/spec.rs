//! What a format of Python's `%` asks for.

/// One conversion of a format, such as `%-10.3e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) conversion: Conversion,
    /// `-`: padded on the right.
    pub(crate) left: bool,
    /// `+`, or a space: what stands for the sign of what is not negative.
    pub(crate) plus: Option<u8>,
    /// `#`: a prefix for `%x` and `%o`, the point and zeros always for floats.
    pub(crate) alternate: bool,
    /// `0`: numbers are padded with zeros.
    pub(crate) zero: bool,
    /// In characters, at least.
    pub(crate) width: usize,
    pub(crate) precision: Option<usize>,
}

/// What a conversion makes of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// `d i u`
    Int,
    /// `o x X`: base and letters.
    Radix(Radix),
    /// `e f g`, in capitals or not.
    Float(Style, Case),
    /// `c`
    Char,
    /// `s`
    Str,
    /// `r`
    Repr,
    /// `a`
    Ascii,
    /// `Fmt::Shortest`
    Shortest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Radix {
    Octal,
    Hex,
    HexCapital,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Exponent,
    Fixed,
    General,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Capital,
}

impl Spec {
    pub(crate) fn new(conversion: Conversion) -> Spec {
        Spec {
            conversion,
            left: false,
            plus: None,
            alternate: false,
            zero: false,
            width: 0,
            precision: None,
        }
    }
}
