//! The PROXY protocol, versions 1 and 2: where a connection is from that a proxy hands on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A line of version 1, with its end, in bytes: what the protocol allows.
const LINE_BYTES_MAX: usize = 107;
/// A header of version 2 with all that proxies add to it, in bytes.
const HEADER_BYTES_MAX: usize = 4_096;

const LINE_START: &[u8] = b"PROXY ";
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The signature, then version and command, family, and the length of the rest.
const FIXED_BYTES: usize = 16;

/// What the first bytes of a connection say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Header {
    /// More of them would tell.
    More,
    /// The header ends after so many bytes.
    Whole {
        /// Where the connection is from; `None`: it is the proxy's own, or the proxy does not say.
        source: Option<SocketAddr>,
        bytes: usize,
    },
    /// There is no header, or it is not as it must be.
    Wrong,
}

/// Reads the header at the front of `bytes`.
pub(crate) fn read(bytes: &[u8]) -> Header {
    if begins(bytes, LINE_START) {
        read_line(bytes)
    } else if begins(bytes, SIGNATURE) {
        read_binary(bytes)
    } else {
        Header::Wrong
    }
}

/// Whether `bytes` begin with `start`, as far as there are any.
fn begins(bytes: &[u8], start: &[u8]) -> bool {
    let n = bytes.len().min(start.len());
    bytes[..n] == start[..n]
}

fn read_line(bytes: &[u8]) -> Header {
    let within = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
    let Some(end) = within.windows(2).position(|pair| pair == b"\r\n") else {
        return if within.len() < LINE_BYTES_MAX { Header::More } else { Header::Wrong };
    };
    let words = std::str::from_utf8(&within[..end]).unwrap_or_default();
    let words: Vec<&str> = words.split(' ').collect();
    let source = match words[..] {
        // Whatever follows it means nothing.
        ["PROXY", "UNKNOWN", ..] => None,
        ["PROXY", "TCP4", from, to, from_port, to_port] => addresses::<Ipv4Addr>(from, to, from_port, to_port),
        ["PROXY", "TCP6", from, to, from_port, to_port] => addresses::<Ipv6Addr>(from, to, from_port, to_port),
        _ => return Header::Wrong,
    };
    match (source, words[1]) {
        (None, "TCP4" | "TCP6") => Header::Wrong,
        _ => Header::Whole { source, bytes: end + 2 },
    }
}

/// The address that a line says the connection is from, if all its words are what they must be.
fn addresses<A>(from: &str, to: &str, from_port: &str, to_port: &str) -> Option<SocketAddr>
where
    A: std::str::FromStr + Into<IpAddr>,
{
    let port = |word: &str| word.bytes().all(|b| b.is_ascii_digit()).then(|| word.parse::<u16>().ok()).flatten();
    let _to = (to.parse::<A>().ok()?, port(to_port)?);
    Some(SocketAddr::new(from.parse::<A>().ok()?.into(), port(from_port)?))
}

fn read_binary(bytes: &[u8]) -> Header {
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED_BYTES>() else {
        // Wrong from its first byte on, as soon as that is there.
        return if bytes.get(12).is_some_and(|byte| byte >> 4 != 2) { Header::Wrong } else { Header::More };
    };
    let (version, command) = (fixed[12] >> 4, fixed[12] & 0x0F);
    let size = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if version != 2 || command > 1 || FIXED_BYTES + size > HEADER_BYTES_MAX {
        return Header::Wrong;
    }
    let Some(content) = rest.get(..size) else { return Header::More };
    let is_own = command == 0;
    let source = match fixed[13] {
        _ if is_own => Ok(None),
        0x11 | 0x12 => source_of::<4>(content, 8).map(Some),
        0x21 | 0x22 => source_of::<16>(content, 32).map(Some),
        // Neither IPv4 nor IPv6: the proxy knows no address.
        _ => Ok(None),
    };
    source.map_or(Header::Wrong, |source| Header::Whole { source, bytes: FIXED_BYTES + size })
}

/// The address at the front and the port at `port_at`.
fn source_of<const N: usize>(content: &[u8], port_at: usize) -> Result<SocketAddr, ()>
where
    IpAddr: From<[u8; N]>,
{
    let address = content.first_chunk::<N>().ok_or(())?;
    // Both ports must be there.
    let ports = content.get(port_at..port_at + 4).ok_or(())?;
    Ok(SocketAddr::new(IpAddr::from(*address), u16::from_be_bytes([ports[0], ports[1]])))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binary(command: u8, family: u8, content: &[u8]) -> Vec<u8> {
        let size = (content.len() as u16).to_be_bytes();
        [&SIGNATURE[..], &[command, family], &size, content].concat()
    }

    /// What is read of `header`, whatever follows it; and that no part of it tells anything else.
    fn check(header: &[u8], wanted: Option<&str>) {
        let source = wanted.map(|text| text.parse().expect("an address"));
        let whole = Header::Whole { source, bytes: header.len() };
        assert_eq!(read(header), whole, "{header:02x?}");
        assert_eq!(read(&[header, b"\x00\x0fPROXY \r\n"].concat()), whole, "{header:02x?}");
        for n in 0..header.len() {
            assert_eq!(read(&header[..n]), Header::More, "{:02x?}", &header[..n]);
        }
    }

    fn check_wrong(header: &[u8]) {
        assert_eq!(read(header), Header::Wrong, "{header:02x?}");
    }

    #[test]
    fn lines_are_read() {
        check(b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 5027\r\n", Some("192.0.2.7:5000"));
        check(b"PROXY TCP6 2001:db8::7 2001:db8::1 5000 5027\r\n", Some("[2001:db8::7]:5000"));
        check(b"PROXY UNKNOWN\r\n", None);
        check(b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None);
    }

    #[test]
    fn binary_headers_are_read() {
        let v4 = [192, 0, 2, 7, 198, 51, 100, 1, 0x13, 0x88, 0x13, 0xA3];
        let v6 = [&[0x20, 1, 0x0D, 0xB8][..], &[0; 11], &[7], &[0; 16], &[0x13, 0x88, 0x13, 0xA3]].concat();
        check(&binary(0x21, 0x11, &v4), Some("192.0.2.7:5000"));
        check(&binary(0x21, 0x21, &v6), Some("[2001:db8::7]:5000"));
        // What a proxy adds is passed over.
        check(&binary(0x21, 0x11, &[&v4[..], &[4, 0, 3, 1, 2, 3]].concat()), Some("192.0.2.7:5000"));
        check(&binary(0x20, 0x00, &[]), None);
        check(&binary(0x20, 0x11, &v4), None);
        check(&binary(0x21, 0x31, &[0; 216]), None);
    }

    proptest! {
        /// Whatever comes, a header is told as soon as it is there, and what follows it changes nothing.
        #[test]
        fn it_does_not_matter_where_bytes_are_cut(
            start in prop::sample::select(vec![&b""[..], LINE_START, b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2", SIGNATURE,
                b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C"]),
            rest in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [start, &rest].concat();
            let all = read(&bytes);
            let told = (0..=bytes.len()).find(|n| read(&bytes[..*n]) != Header::More);
            prop_assert_eq!(told.map_or(Header::More, |n| read(&bytes[..n])), all);
            if let (Header::Whole { bytes, .. }, Some(told)) = (all, told) {
                prop_assert_eq!(bytes, told);
            }
        }
    }

    #[test]
    fn what_is_no_header_is_wrong() {
        check_wrong(b"GET / HTTP/1.1\r\n");
        check_wrong(&[0, 15]);
        check_wrong(b"proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n");
        check_wrong(b"PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n");
        check_wrong(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n");
        check_wrong(b"PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n");
        check_wrong(b"PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n");
        check_wrong(b"PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n");
        check_wrong(b"PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n");
        check_wrong(b"PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n");
        check_wrong(b"PROXY \xff\xff\r\n");
        check_wrong(&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 100]].concat());
        check_wrong(&binary(0x11, 0x11, &[0; 12]));
        check_wrong(&binary(0x22, 0x11, &[0; 12]));
        check_wrong(&binary(0x21, 0x11, &[0; 11]));
        check_wrong(&binary(0x21, 0x21, &[0; 35]));
        check_wrong(&binary(0x21, 0x11, &[0; HEADER_BYTES_MAX]));
    }
}
