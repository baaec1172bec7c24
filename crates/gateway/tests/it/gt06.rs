//! What a GT06 unit says.

use crate::port::{DEVICE, clock};

fn crc16_x25(data: &[u8]) -> u16 {
    let turn = |crc: u16| if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 };
    !data.iter().fold(0xFFFF, |crc, b| (0..8).fold(crc ^ u16::from(*b), |crc, _| turn(crc)))
}

pub(crate) fn frame(kind: u8, content: &[u8], serial: u16) -> Vec<u8> {
    let length = content.len() as u8 + 5;
    let counted = [&[length, kind][..], content, &serial.to_be_bytes()].concat();
    [&[0x78, 0x78][..], &counted, &crc16_x25(&counted).to_be_bytes(), b"\r\n"].concat()
}

/// A login, which is answered by [`welcome`].
pub(crate) fn login(imei: &str) -> Vec<u8> {
    let digits: Vec<u8> = format!("0{imei}").bytes().map(|digit| digit - b'0').collect();
    let content: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    frame(0x01, &content, 1)
}

pub(crate) fn our_login() -> Vec<u8> {
    login(DEVICE)
}

pub(crate) fn welcome() -> Vec<u8> {
    frame(0x01, &[], 1)
}

/// A position of some seconds ago, which is answered by [`acknowledgement`].
pub(crate) fn position(ago_s: i64, serial: u16) -> Vec<u8> {
    let at = clock().plus_ms(-ago_s * 1_000).civil(0);
    let content = [
        &[(at.year - 2000) as u8, at.month, at.day, at.hour, at.minute, at.second, 0xCB][..],
        &60_208_004u32.to_be_bytes(),
        &127_204_679u32.to_be_bytes(),
        &[63],
        &(1u16 << 12 | 1 << 10 | 187).to_be_bytes(),
    ];
    frame(0x10, &content.concat(), serial)
}

pub(crate) fn acknowledgement(serial: u16) -> Vec<u8> {
    frame(0x10, &[], serial)
}
