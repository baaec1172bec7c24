//! The table of attribute names is the process's, so a test that fills it has a process of its own.

use model::{AttributeId, Attributes, InternError, MAX_DYNAMIC_NAMES, Report, Value, attr};
use storage::codec::{decode_report, encode_report};

#[test]
fn a_report_is_readable_although_there_is_no_room_for_one_of_its_names() {
    let said = |own: &[(AttributeId, Value)]| Report { attributes: own.iter().cloned().collect(), ..Report::default() };
    let known = (attr::VIN, Value::from("W1"));
    let other = (AttributeId::intern("own_a").expect("room"), Value::Int(7));
    let mut bytes = Vec::new();
    encode_report(&said(&[other.clone(), known.clone()]), &mut bytes);
    // As another process stored it, whose names are not ours.
    let at = bytes.windows(5).position(|w| w == b"own_a").expect("by name");
    bytes[at + 4] = b'b';

    for n in 1..MAX_DYNAMIC_NAMES {
        AttributeId::intern(&format!("filler_{n}")).expect("room");
    }
    assert_eq!(AttributeId::intern("own_b"), Err(InternError::TableFull));
    assert_eq!(decode_report(&bytes).map(|report| report.attributes), Ok(Attributes::from_iter([known.clone()])));
    bytes[at + 4] = b'a';
    assert_eq!(decode_report(&bytes).map(|report| report.attributes), Ok(Attributes::from_iter([other, known])));
}
