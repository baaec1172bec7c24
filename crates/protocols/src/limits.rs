//! Every limit of the codecs, in one place.

use crate::Secret;

/// What a session holds or accepts at most.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The data of one binary frame, in bytes, without header and checksum.
    pub frame_bytes_max: usize,
    /// What a GT06 frame counts as its length, in bytes.
    pub gt06_frame_bytes_max: usize,
    /// A Wialon IPS line that brings what was kept while there was no connection, in bytes.
    pub wialon_black_box_bytes_max: usize,
    /// A JT/T 808 message as it is sent, in bytes.
    pub jt808_frame_bytes_max: usize,
    /// Parts of JT/T 808 messages that a connection may have waiting for the rest of them.
    pub jt808_parts_max: usize,
    /// The same in bytes.
    pub jt808_parts_bytes_max: usize,
    /// How long they wait, in milliseconds.
    pub jt808_parts_ms_max: i64,
    /// A sentence or frame of a Queclink device, in bytes.
    pub queclink_frame_bytes_max: usize,
    /// A line of a Suntech device, in bytes.
    pub suntech_line_bytes_max: usize,
    /// A device's identifier in a login, in bytes.
    pub login_bytes_max: usize,
    /// Bytes that begin no frame, since the last good one.
    pub noise_bytes_max: usize,
    /// Frames that cannot be used, one after the other, before the connection is closed.
    pub bad_frames_in_a_row_max: u32,
    /// Request line and headers of an HTTP request, in bytes; also its trailers.
    pub http_head_bytes_max: usize,
    /// Body of a Navixy Generic Protocol message, in bytes.
    pub ngp_body_bytes_max: usize,
    /// An MQTT packet, in bytes, but for the body of a message.
    pub mqtt_head_bytes_max: usize,
    /// Not a limit, but what a session must know from its first byte: the password of MQTT clients whose device has
    /// none of its own. Without either nobody is let in.
    pub mqtt_password: Option<Secret>,
    /// Body of an OsmAnd request, in bytes.
    pub osmand_body_bytes_max: usize,
    /// Replies that a connection may have waiting, most of them for an upload to be stored.
    pub uploads_in_flight_max: usize,
    /// Reports in one upload of a family whose frame does not bound them.
    pub reports_per_upload_max: usize,
    /// Bytes kept of one text value.
    pub text_bytes_max: usize,
    /// Bytes of one base64 text, or of one JSON array or object kept as a value.
    pub blob_bytes_max: usize,
    /// How deep a JSON value may be nested.
    pub json_depth_max: usize,
    /// Bytes taken in while the session waits for its host, beyond the read that made it wait.
    pub waiting_bytes_max: usize,
    /// How long a frame may take from its first byte to its last, in milliseconds.
    pub partial_frame_ms_max: i64,
    /// A command to a device, in bytes without framing.
    pub command_bytes_max: usize,
    /// How long an order waits for the device's answer, in milliseconds. A later answer is nobody's.
    pub command_reply_ms_max: i64,
    /// How long an order waits for the device's next request, where a device is only ever answered, in milliseconds.
    pub command_pickup_ms_max: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: 10_240,
            gt06_frame_bytes_max: 65_535,
            wialon_black_box_bytes_max: 1 << 20,
            jt808_frame_bytes_max: 65_536,
            jt808_parts_max: 64,
            jt808_parts_bytes_max: 1 << 20,
            jt808_parts_ms_max: 60_000,
            queclink_frame_bytes_max: 65_536,
            suntech_line_bytes_max: 4_096,
            login_bytes_max: 64,
            noise_bytes_max: 16_384,
            bad_frames_in_a_row_max: 10,
            http_head_bytes_max: 16_384,
            ngp_body_bytes_max: 4 << 20,
            mqtt_head_bytes_max: 16_384,
            mqtt_password: None,
            osmand_body_bytes_max: 1 << 20,
            uploads_in_flight_max: 256,
            reports_per_upload_max: 4_096,
            text_bytes_max: 10_240,
            blob_bytes_max: 1 << 20,
            json_depth_max: 32,
            waiting_bytes_max: 256 << 10,
            partial_frame_ms_max: 120_000,
            command_bytes_max: 8_192,
            command_reply_ms_max: 30_000,
            command_pickup_ms_max: 5_000,
        }
    }
}
