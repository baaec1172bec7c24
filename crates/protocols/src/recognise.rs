//! Which family a connection belongs to, told from its first bytes.

use crate::{FAMILIES, FURTHER, Family, family, teltonika};

/// First bytes that are always enough to tell.
pub const RECOGNISE_BYTES_MAX: usize = 64;

/// What a family makes of the first bytes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Likeness {
    /// They are not of this family.
    No,
    /// More of them would tell.
    Perhaps,
    /// They are of this family.
    Yes,
}

impl Likeness {
    /// Whether the bytes begin with one of these, or may.
    pub(crate) fn starts_with(bytes: &[u8], starts: &[&[u8]]) -> Self {
        let mut likeness = Self::No;
        for start in starts {
            if bytes.starts_with(start) {
                return Self::Yes;
            }
            if start.starts_with(bytes) {
                likeness = Self::Perhaps;
            }
        }
        likeness
    }
}

/// What the first bytes of a connection say.
#[derive(Clone, Copy)]
pub enum Recognised {
    /// A device of this family.
    Family(&'static Family),
    /// More bytes are needed; devices send them without being asked.
    More,
    /// None that is known.
    Unknown,
}

/// The family of a connection that begins with these bytes. Where two families could be meant, one that is sure wins
/// over one that is not, and then the first in [`FAMILIES`].
pub fn recognise(bytes: &[u8]) -> Recognised {
    let mut may_be = false;
    for family in FAMILIES.iter().chain(FURTHER) {
        match (family.recognise)(bytes) {
            Likeness::Yes => return Recognised::Family(family),
            Likeness::Perhaps => may_be = true,
            Likeness::No => {}
        }
    }
    if may_be && bytes.len() < RECOGNISE_BYTES_MAX { Recognised::More } else { Recognised::Unknown }
}

/// The family of a datagram, if it is one that is spoken in datagrams.
pub fn recognise_datagram(bytes: &[u8]) -> Option<&'static Family> {
    let recognised = match recognise(bytes) {
        Recognised::Family(family) => Some(family),
        _ => None,
    };
    // Its datagrams alone begin in another way than its connections.
    let own_way = || teltonika::is_datagram(bytes).then(|| family(teltonika::FAMILY.name)).flatten();
    own_way().or(recognised).filter(|family| family.open_udp.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    fn name(recognised: Recognised) -> &'static str {
        match recognised {
            Recognised::Family(family) => family.name,
            Recognised::More => "more",
            Recognised::Unknown => "unknown",
        }
    }

    #[test]
    fn first_bytes_tell_the_family() {
        let check = |first: &[u8], wanted: &str| {
            assert_eq!(name(recognise(first)), wanted, "{first:02x?}");
            for n in 0..first.len() {
                let told = name(recognise(&first[..n]));
                assert!(told == "more" || told == wanted, "{:02x?} is {told}", &first[..n]);
            }
        };
        check(&bytes("000F 333530303030303030303030303134"), "teltonika");
        check(&bytes("FF 000F 333530303030303030303030303134"), "teltonika");
        check(&bytes("0035 00013E52B9ABE00E 01 0001"), "ruptela");
        check(&bytes("002B 00013E52B9ABE00E 44 0001"), "ruptela");
        check(&bytes("7878 0D01 0350"), "gt06");
        check(&bytes("7979 0008 94"), "gt06");
        check(b"$$A", "more");
        check(b"$$A122,350000000000014,AAA,35", "meitrack");
        check(&bytes("014700 0111 0230 03 3335303030303030"), "galileosky");
        check(&bytes("012000 03 33353030"), "galileosky");
        check(&bytes("010080 01001C 00000000 3335"), "galileosky");
        check(&bytes("0135 00013E52B9ABE00E 01"), "ruptela");
        check(&bytes("0100000B00 1E00 0100 01 A9"), "egts");
        check(b"#L#2.0;350000000000014", "wialon-ips");
        check(b"#P#", "wialon-ips");
        check(b"2.0;350000000000014#SD#", "wialon-ips");
        check(b"350000000000014#SD#", "wialon-ips");
        check(b"*HQ,350000000000014,V1,", "h02");
        check(b"*th,", "h02");
        check(&bytes("24 9170512345 092653 140326 332693"), "h02");
        check(&bytes("24 3500000000000140 092653 140326"), "h02");
        check(&bytes("24 2441313233 092653 140326 332693"), "h02");
        check(b"##,imei:350000000000014,A;", "gps103");
        check(b"imei:350000000000014,tracker,", "gps103");
        check(b"350000000000014;", "gps103");
        check(b"350000000000014imei:", "gps103");
        check(b"(013912345678BR00260314A", "tk103");
        check(b"(13912345678BP00)", "tk103");
        check(b"(350000000000014,DW30,", "tk103");
        check(b"(013912345678,DW30,", "tk103");
        check(b"*12,", "unknown");
        check(b"$GPRMC,092653.000,A,", "unknown");
        check(&bytes("7E 0100 002B 013912345678"), "jt808");
        check(&bytes("E7 0100 002B 01391234567890"), "jt808");
        check(b"(013912345678,1,001,BASE,2,TIME)", "jt808");
        check(b"+RESP:GTFRI,2F0E03,350000000000014,", "queclink");
        check(b"+BUFF:GTFRI,", "queclink");
        check(b"+ACK:GTHBD,", "queclink");
        check(&bytes("2B525350 01"), "queclink");
        check(&bytes("2B41434B 01"), "queclink");
        check(&bytes("2B00 0100"), "queclink");
        check(b"ST300STT;205000014;", "suntech");
        check(b"SA200STT;205000014;", "suntech");
        check(b"ST910;Location;", "suntech");
        check(b"STT;0910000014;", "suntech");
        check(b"ALT;", "suntech");
        check(b"BLE;", "suntech");
        check(b"UEX;", "suntech");
        check(b"RES;", "suntech");
        check(&bytes("81 00 2A"), "suntech");
        check(&bytes("82 00 2A"), "suntech");
        check(b"GET /?id=1 HTTP/1.1\r\n", "http");
        check(b"POST / HTTP/1.1\r\n", "http");
        check(b"\x16\x03\x01", "unknown");
        check(b"SSH-2.0", "unknown");
    }

    #[test]
    fn what_never_becomes_sure_is_unknown() {
        assert_eq!(name(recognise(&[0xFF; RECOGNISE_BYTES_MAX])), "unknown");
    }

    #[test]
    fn a_datagram_tells_its_family() {
        let check = |datagram: &[u8], wanted: Option<&str>| {
            assert_eq!(recognise_datagram(datagram).map(|family| family.name), wanted, "{datagram:02x?}");
        };
        let packet = bytes("0018 CAFE 01 05 000F 333530303030303030303030303134 08 01 00");
        check(&packet, Some("teltonika"));
        check(&packet[..packet.len() - 1], None);
        check(&bytes("7878 0D01 0350000000000014 0001 2563 0D0A"), Some("gt06"));
        check(b"*HQ,350000000000014,V1,092653,A,#", Some("h02"));
        check(b"2.0;350000000000014#SD#", Some("wialon-ips"));
        check(b"350000000000014#SD#", Some("wialon-ips"));
        check(b"GET /?id=1 HTTP/1.1\r\n\r\n", None);
        check(b"$$A", None);
        check(b"", None);
    }
}
