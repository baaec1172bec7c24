//! One tracker in a batch. Published clients expect different shapes of it, so the operator chooses.

use model::{SourceId, TrackerId};

use crate::encode::{DateText, int};

/// How the items of `state_batch` and `readings_batch` look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BatchItemShape {
    /// As the documents have them: the bare state, and readings in a map from the tracker's id.
    #[default]
    Flat,
    /// An object that says what it is and of which tracker, with the state or the readings in it.
    Wrapped,
    /// The members of both, so that clients of either kind can share a server. About twice as large.
    Both,
}

/// Writes one item of a `state_batch`; `fragment` is the state as a JSON object that is not empty.
pub fn state_item(shape: BatchItemShape, tracker: TrackerId, source: SourceId, fragment: &[u8], out: &mut Vec<u8>) {
    match shape {
        BatchItemShape::Flat => return out.extend_from_slice(fragment),
        BatchItemShape::Wrapped => {
            kind("{\"type\":\"source_state_event\",\"tracker_id\":", tracker, out);
            out.extend_from_slice(b",\"source_id\":");
            int(source.0, out);
        }
        BatchItemShape::Both => {
            // The state without its closing brace: what follows are members more.
            out.extend_from_slice(&fragment[..fragment.len().saturating_sub(1)]);
            kind(",\"type\":\"source_state_event\",\"tracker_id\":", tracker, out);
        }
    }
    out.extend_from_slice(b",\"state\":");
    out.extend_from_slice(fragment);
    out.push(b'}');
}

/// Writes one item of a `readings_batch`. `groups` are the members of the readings object without its braces, and may
/// be empty; `timestamp` is when the item was made.
pub fn readings_item(
    shape: BatchItemShape,
    tracker: TrackerId,
    groups: &[u8],
    timestamp: &DateText,
    out: &mut Vec<u8>,
) {
    if shape == BatchItemShape::Wrapped {
        out.push(b'{');
    } else {
        out.extend_from_slice(b"{\"");
        int(tracker.0, out);
        out.extend_from_slice(b"\":{");
        out.extend_from_slice(groups);
        out.push(b'}');
    }
    if shape != BatchItemShape::Flat {
        if shape == BatchItemShape::Both {
            out.push(b',');
        }
        kind("\"type\":\"readings_event\",\"tracker_id\":", tracker, out);
        if !groups.is_empty() {
            out.push(b',');
            out.extend_from_slice(groups);
        }
        out.extend_from_slice(b",\"timestamp\":\"");
        out.extend_from_slice(timestamp.as_bytes());
        out.push(b'"');
    }
    out.push(b'}');
}

fn kind(members: &str, tracker: TrackerId, out: &mut Vec<u8>) {
    out.extend_from_slice(members.as_bytes());
    int(tracker.0, out);
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;
    use crate::encode::Utc;
    use crate::wire::Dates;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        let text = String::from_utf8(out).expect("UTF-8");
        serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        text
    }

    #[test]
    fn a_state_in_each_shape() {
        let check = |shape, expected: &str| {
            let found =
                text(|out| state_item(shape, TrackerId(5), SourceId(90), br#"{"source_id":90,"gps":null}"#, out));
            assert_eq!(found, expected);
        };
        check(BatchItemShape::Flat, r#"{"source_id":90,"gps":null}"#);
        check(
            BatchItemShape::Wrapped,
            r#"{"type":"source_state_event","tracker_id":5,"source_id":90,"state":{"source_id":90,"gps":null}}"#,
        );
        check(
            BatchItemShape::Both,
            concat!(
                r#"{"source_id":90,"gps":null,"type":"source_state_event","tracker_id":5,"#,
                r#""state":{"source_id":90,"gps":null}}"#
            ),
        );
    }

    #[test]
    fn readings_in_each_shape() {
        let at = DateText::new(Timestamp::from_ms_clamped(1_772_442_941_000), &Utc, Dates::Plain);
        let check = |shape, groups: &str, expected: &str| {
            assert_eq!(text(|out| readings_item(shape, TrackerId(5), groups.as_bytes(), &at, out)), expected);
        };
        let groups = r#""inputs":[],"states":[1]"#;
        check(BatchItemShape::Flat, groups, r#"{"5":{"inputs":[],"states":[1]}}"#);
        check(BatchItemShape::Flat, "", r#"{"5":{}}"#);
        check(
            BatchItemShape::Wrapped,
            groups,
            concat!(
                r#"{"type":"readings_event","tracker_id":5,"inputs":[],"states":[1],"#,
                r#""timestamp":"2026-03-02 09:15:41"}"#
            ),
        );
        check(
            BatchItemShape::Wrapped,
            "",
            r#"{"type":"readings_event","tracker_id":5,"timestamp":"2026-03-02 09:15:41"}"#,
        );
        check(
            BatchItemShape::Both,
            r#""inputs":[]"#,
            concat!(
                r#"{"5":{"inputs":[]},"type":"readings_event","tracker_id":5,"inputs":[],"#,
                r#""timestamp":"2026-03-02 09:15:41"}"#
            ),
        );
    }
}
