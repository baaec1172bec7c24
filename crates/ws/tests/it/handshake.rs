//! The opening handshake, with the key and the answer of RFC 6455 section 1.3.

use ws::handshake::{accept_key, is_supported_version, is_upgrade, is_valid_key};

#[test]
fn the_answer_to_a_key() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(accept_key(" dGhlIHNhbXBsZSBub25jZQ== "), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn upgrades() {
    let cases = [
        ("Upgrade", "websocket", true),
        ("keep-alive, Upgrade", "websocket", true),
        ("keep-alive,upgrade", "WebSocket", true),
        ("UPGRADE ,close", "h2c, websocket", true),
        ("keep-alive", "websocket", false),
        ("Upgrade", "h2c", false),
        ("Upgrades", "websocket", false),
        ("Upgrade", "websockets", false),
        ("", "", false),
    ];
    for (connection, upgrade, expected) in cases {
        assert_eq!(is_upgrade(connection, upgrade), expected, "{connection:?} {upgrade:?}");
    }
}

#[test]
fn versions() {
    for (version, expected) in [("13", true), (" 13 ", true), ("8", false), ("130", false), ("", false)] {
        assert_eq!(is_supported_version(version), expected, "{version:?}");
    }
}

#[test]
fn keys() {
    let cases = [
        ("dGhlIHNhbXBsZSBub25jZQ==", true),
        (" x3JJHMbDL1EzLkh9GBhXDw== ", true),
        ("+/+/+/+/+/+/+/+/+/+/+w==", true),
        ("dGhlIHNhbXBsZSBub25jZQ", false),
        ("dGhlIHNhbXBsZSBub25jZQ=", false),
        ("dGhlIHNhbXBsZSBub25jZQA=", false),
        ("dGhlIHNhbXBsZSBub25jZQAA", false),
        ("dGhlIHNhbXBsZSBub25j-_==", false),
        ("dGhlIHNhbXBsZSBub25jé==", false),
        ("dGhlIHNhbXBsZQ==", false),
        ("", false),
    ];
    for (key, expected) in cases {
        assert_eq!(is_valid_key(key), expected, "{key:?}");
    }
}
