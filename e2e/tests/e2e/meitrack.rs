//! Meitrack units over TCP.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use e2e::{Account, DEADLINE, Report, Server, Socket};
use serde_json::json;

const IMEI: &str = "350000000000014";

/// A message of the unit.
fn message(content: &str) -> Vec<u8> {
    let length = 2 + IMEI.len() + content.len() + 5;
    let mut message = format!("$$Q{length},{IMEI},{content}*").into_bytes();
    let checksum = message.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    message.extend_from_slice(format!("{checksum:02X}\r\n").as_bytes());
    message
}

#[test]
fn one_position_goes_from_a_meitrack_socket_to_a_navixy_socket() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.register(IMEI, "meitrack");
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[van.id]);
    assert_eq!(socket.state_of(van.source_id)["connection_status"], "just_registered");

    let stream = TcpStream::connect(server.device("meitrack")).expect("the listener accepts");
    stream.set_read_timeout(Some(DEADLINE)).expect("a TCP option");
    let report = Report::at_speed(63);
    let at = model::Timestamp::from_ms(report.time_ms).expect("in range").civil(0);
    let time =
        format!("{:02}{:02}{:02}{:02}{:02}{:02}", at.year % 100, at.month, at.day, at.hour, at.minute, at.second);
    let (latitude, longitude) = (report.latitude, report.longitude);
    let position =
        format!("AAA,35,{latitude},{longitude},{time},A,9,31,63,132,0.9,18,1234567,5021,730|2|2B1F|A1B2,0102");
    (&stream).write_all(&[message(&position), message("AAC")].concat()).expect("sent");

    let state = socket.state_of(van.source_id);
    assert_eq!(state["gps"]["location"], json!({"lat": latitude, "lng": longitude}));
    assert_eq!(
        (&state["gps"]["speed"], &state["gps"]["heading"], &state["gps"]["alt"]),
        (&json!(63), &json!(132), &json!(18))
    );
    assert_eq!((&state["inputs"][0], &state["outputs"][1]), (&json!(true), &json!(true)), "{state}");
    // Positions are not answered, and what is asked after them is.
    let mut answer = String::new();
    BufReader::new(&stream).read_line(&mut answer).expect("a line");
    assert!(answer.starts_with("@@z27,350000000000014,AAC,1*"), "{answer}");
}
