//! Arrays of Python objects: what was read, in the corpus's own notation.

use ndarray_io::{ByteOrder, Dtype, DynArray, Kind, Object};
use serde_json::{Value, json};

use super::support::structure;

/// Compares the objects of an array with the recorded values.
pub fn same_objects(expected: &Value, got: &DynArray) -> Result<(), String> {
    let DynArray::Object(objects) = got else {
        return Err(format!("{got:?} holds no objects"));
    };
    let values: Vec<Value> = objects
        .iter()
        .map(|object| value(object, Some(objects.dtype())))
        .collect();
    let mut recorded = Vec::new();
    if let Some(head) = expected["values_head"].as_array() {
        let (tail, head) = (expected["values_tail"].as_array().expect("values_tail"), head.clone());
        let ends = [&values[..head.len()], &values[values.len() - tail.len()..]].concat();
        recorded.extend(head);
        recorded.extend(tail.iter().cloned());
        return same(&recorded, &ends);
    }
    flatten(&expected["values"], objects.ndim(), &mut recorded);
    recorded.iter_mut().for_each(sort_sets);
    same(&recorded, &values)
}

/// Whether a class is among the recorded objects, which is no data.
pub fn holds_class(expected: &Value) -> bool {
    match expected {
        Value::Array(items) => items.iter().any(holds_class),
        Value::Object(items) => items.get("type") == Some(&json!("type")) || items.values().any(holds_class),
        _ => false,
    }
}

fn same(expected: &[Value], got: &[Value]) -> Result<(), String> {
    for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
        if expected != got {
            return Err(format!("object {index} is {got}, in NumPy {expected}"));
        }
    }
    match expected.len() == got.len() {
        true => Ok(()),
        false => Err(format!("{} objects, in NumPy {}", got.len(), expected.len())),
    }
}

fn flatten(values: &Value, ndim: usize, into: &mut Vec<Value>) {
    match ndim {
        0 => into.push(values.clone()),
        _ => {
            for part in values.as_array().expect("nested lists") {
                flatten(part, ndim - 1, into);
            }
        }
    }
}

fn sort_sets(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort_sets),
        Value::Object(items) => {
            items.values_mut().for_each(sort_sets);
            if let Some(Value::Array(items)) = items.get_mut("$set") {
                items.sort_by_key(Value::to_string);
            }
        }
        _ => {}
    }
}

/// The object as the corpus writes it; a tuple is a record if its dtype says so.
fn value(object: &Object, dtype: Option<&Dtype>) -> Value {
    let all = |items: &[Object]| items.iter().map(|item| value(item, None)).collect::<Vec<_>>();
    match object {
        Object::None => Value::Null,
        Object::Bool(value) => json!(value),
        Object::Int(value) => json!(value),
        Object::BigInt(digits) => match digits.parse::<u64>() {
            Ok(value) => json!(value),
            Err(_) => json!({"$int": digits.as_ref()}),
        },
        Object::Float(value) => float(*value),
        Object::Complex(value) => json!({"$complex": [float(value.re), float(value.im)]}),
        Object::Str(text) => json!(text.as_ref()),
        Object::Surrogates(bytes) => json!({"$codepoints": code_points(bytes)}),
        Object::Bytes(bytes) => json!({"$bytes": hex(bytes)}),
        Object::ByteArray(bytes) => json!({"$bytearray": hex(bytes)}),
        Object::List(items) => json!({"$list": all(items)}),
        Object::Tuple(items) => match dtype.filter(|dtype| dtype.kind() == Kind::Record) {
            Some(dtype) => {
                let fields = items.iter().zip(dtype.fields());
                json!({"$struct": fields.map(|(item, field)| value(item, Some(field.dtype()))).collect::<Vec<_>>()})
            }
            None => json!({"$tuple": all(items)}),
        },
        Object::Set(items) | Object::FrozenSet(items) => {
            let mut items = all(items);
            items.sort_by_key(Value::to_string);
            json!({"$set": items})
        }
        Object::Dict(pairs) => {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(key, item)| [value(key, None), value(item, None)])
                .collect();
            json!({"$dict": pairs})
        }
        Object::Array(array) => json!({"$ndarray": {
            // NumPy swaps the bytes of an array as it unpickles it; here it keeps its dtype.
            "dtype": structure(&array.dtype().with_byte_order(ByteOrder::Little)),
            "shape": array.shape(),
            "values": nested(array),
        }}),
        Object::Instance(instance) => {
            let text = instance.text();
            match instance.class() {
                "datetime.datetime" => json!({"$datetime": text}),
                "datetime.date" => json!({"$date": text}),
                "datetime.time" => {
                    let parts: Vec<u32> = text.split(':').map(|part| part.parse().expect("a number")).collect();
                    let [hour, minute, second] = parts[..] else {
                        panic!("{text}")
                    };
                    json!({"$repr": format!("datetime.time({hour}, {minute}, {second})"), "type": "time"})
                }
                "datetime.timedelta" => {
                    let (days, seconds) = text
                        .trim_start_matches('P')
                        .trim_end_matches('S')
                        .split_once("DT")
                        .expect("days and seconds");
                    json!({"$timedelta": format!("datetime.timedelta(days={days}, seconds={seconds})")})
                }
                "decimal.Decimal" => json!({"$Decimal": text}),
                "fractions.Fraction" => json!({"$Fraction": text}),
                "NotImplemented" => json!({"$repr": text, "type": "NotImplementedType"}),
                class => json!({"$repr": text, "type": class.to_lowercase()}),
            }
        }
        other => panic!("{other} in the corpus"),
    }
}

fn float(value: f64) -> Value {
    match value.is_finite() {
        true => json!(value),
        false => json!({"$float": value.to_string().to_lowercase()}),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Of one that is a surrogate: the corpus has no longer ones.
fn code_points(bytes: &[u8]) -> Vec<u32> {
    let [a, b, c] = bytes else { panic!("{bytes:?}") };
    vec![u32::from(a & 0x0f) << 12 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f)]
}

/// The elements of an array that is an object itself.
fn nested(array: &DynArray) -> Value {
    let dtype = array.dtype();
    let flat: Vec<Value> = match array {
        DynArray::Object(objects) => objects.iter().map(|object| value(object, Some(&dtype))).collect(),
        DynArray::Record(records) => {
            let rows: Vec<Value> = records.clone().into_records().expect("records").into_iter().collect();
            let fields = |row: &Value| dtype.fields().iter().map(|field| row[field.name()].clone()).collect();
            rows.iter()
                .map(|row| json!({"$struct": Vec::from_iter::<Vec<Value>>(fields(row))}))
                .collect()
        }
        other => {
            let flat = other.clone().into_array::<Value, ndarray::IxDyn>(Default::default());
            flat.expect("values").into_iter().collect()
        }
    };
    fold(&mut flat.into_iter(), array.shape())
}

fn fold(flat: &mut impl Iterator<Item = Value>, shape: &[usize]) -> Value {
    match shape {
        [] => flat.next().expect("an element"),
        [len, inner @ ..] => (0..*len).map(|_| fold(flat, inner)).collect(),
    }
}
