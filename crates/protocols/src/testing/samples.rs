//! What a device of each family says: for tests and measurements that hold for all of them.
//!
//! The frames are those that the families' own tests check field by field; all of them are of device
//! `350000000000014`, on its way through Santiago, unless the family has other identifiers.

use super::bytes;

/// A conversation of one device of a family.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What comes before the first report; may be empty.
    pub login: Vec<u8>,
    /// A frame with reports.
    pub reports: Vec<u8>,
    /// How many reports are in it.
    pub count: usize,
    /// What comes between frames and means nothing.
    pub garbage: Vec<u8>,
}

/// Hexadecimal digits, or text after `'`: login, reports, how many, garbage.
type Row = (&'static str, &'static str, &'static str, usize, &'static str);

const ROWS: &[Row] = &[
    (
        "teltonika",
        "000F333530303030303030303030303134",
        "000000000000003B08010000019CEBAB884201D5E0B9CCEC101AB2021E00BB0B003FEF0703EF01F0011504\
         0242315A430FAC01100012D687014E0100001A2B3C4D5E010000B9C3",
        1,
        "AABBCC",
    ),
    (
        "gt06",
        "78780D01035000000000001400012563 0D0A",
        "78781F121A030E091A35CB0396B3840794FD473F18BB02DA022B1F00A1B20002B66F0D0A",
        1,
        "AABBCC",
    ),
    (
        "osmand",
        "",
        "'GET /?id=350000000000014&timestamp=1773480413&lat=-33.448891&lon=-70.669266&speed=34.0173&bearing=187\
         &altitude=542&accuracy=5&batt=87 HTTP/1.1\r\n\r\n",
        1,
        "'\r\n",
    ),
    (
        "h02",
        "",
        "'*HQ,350000000000014,V1,092653,A,3326.9335,S,07040.1560,W,034.02,187,140326,FFFFFBFF#",
        1,
        "'good morning",
    ),
    (
        "queclink",
        "",
        "'+RESP:GTFRI,2F0E03,350000000000014,GV55,12634,10,1,1,0.9,63.0,187,542.0,-70.669266,-33.448891,20260314092653,\
         0730,0002,2B1F,00A1B2,00,1234.5,00123:45:06,,,100,220101,,,,20260314092655,0042$",
        1,
        "AABBCC",
    ),
    (
        "jt808",
        "7E0100002B0139123456780001001F00734F444F475254310000000000000000000000000000000000003030303030343201423132\
         333435077E 7E0102000801391234567800024131423243334434397E",
        "7E020000340139123456780003000000000000000F01FE63BB043653D2021E027600BB26031417265301040000303A30011F31010B\
         2504000000012B04000000000B7E",
        1,
        "AABBCC",
    ),
    (
        "suntech",
        "",
        "'ST300STT;205000014;45;314;20260314;09:26:53;a1b2c;-33.448891;-070.669266;063.000;187.00;11;1;1234567;12.63;\
         100000;2;0042;000123;4.0;1\r",
        1,
        "'good morning\r",
    ),
    (
        "gps103",
        "'##,imei:350000000000014,A;",
        "'imei:350000000000014,tracker,260314062653,,F,092653.000,A,3326.9335,S,07040.1560,W,34.02,187,542,1,0,\
         51.20%,0.00%,+23;",
        1,
        "'good morning;",
    ),
    (
        "tk103",
        "",
        "'(013912345678BR00260314A3326.9335S07040.1560W063.0092653187.0001000000L0012D687)",
        1,
        "'good morning",
    ),
    (
        "meitrack",
        "",
        "'$$A157,350000000000014,AAA,35,-33.448891,-70.669266,260314092653,A,11,22,63,187,0.9,542,1234567,5021,\
         730|2|2B1F|A1B2,0100,0000|0000|0000|0191|04EF,,,3,,01092E*63\r\n",
        1,
        "AABBCC",
    ),
    (
        "ruptela",
        "",
        "003500013E52B9ABE00E01000169B529DD0000D5E0B9CCEC101AB2152C490C0B003F0907020501201802\
         1D315A1E0FAC01410012D68700D17A",
        1,
        "",
    ),
    (
        "galileosky",
        "",
        "014700011102300333353030303030303030303030313404320010010020DD29B569300B459C01FE2EACC9FB3376024E07341E02\
         350940000241 5A3142AC0F4318460100500002702D1E617C",
        1,
        "AABBCC",
    ),
    (
        "egts",
        "0100000B001E00010001A91700010000010101140029DB0B0002333530303030303030303030303134787F",
        "0100000B002B000200012B200002000129DB0B000202101800DDEE771E36BD245F00E58164F37602BB3A300001001E020011020008\
         0B3C16",
        1,
        "AABBCC",
    ),
    (
        "wialon-ips",
        "'#L#2.0;350000000000014;NA;3672\r\n",
        "'#SD#140326;092653;3326.9335;S;07040.1560;W;63;187;542;11;BF34\r\n",
        1,
        "'good morning\r\n",
    ),
    (
        "ngp",
        "",
        "'POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 143\r\n\r\n\
         {\"message_time\":\"2026-03-14T09:26:53Z\",\"device_id\":\"350000000000014\",\"location\":{\"latitude\":-33.448891,\
         \"longitude\":-70.669266,\"satellites\":11}}",
        1,
        "'\r\n",
    ),
];

/// What a device of this family says. Every family has one.
pub fn sample(family: &str) -> Option<Sample> {
    let &(_, login, reports, count, garbage) = ROWS.iter().find(|row| row.0 == family)?;
    let read = |text: &str| text.strip_prefix('\'').map_or_else(|| bytes(text), |text| text.as_bytes().to_vec());
    Some(Sample { login: read(login), reports: read(reports), count, garbage: read(garbage) })
}
