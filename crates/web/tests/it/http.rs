//! Plain requests, and openings that are none.

use web::{HttpLimits, TrustedProxies};

use crate::client::{Client, opening};
use crate::port::{Port, Setup, until};

#[tokio::test]
async fn an_opening_that_is_none_is_refused_and_the_connection_goes_on() {
    let port = Port::open().await;
    let mut client = Client::connect(port.address).await;
    let cases = [
        ("/socket", "Sec-WebSocket-Key: short", 400),
        ("/socket", "Sec-WebSocket-Version: 8", 426),
        ("/mirror", "", 404),
        ("/elsewhere", "", 404),
        ("/%ff", "", 400),
    ];
    for (path, change, status) in cases {
        client.send(opening(path, change).as_bytes()).await;
        let answered = client.answer().await;
        assert_eq!(answered.status, status, "{path} {change}");
        assert_eq!(answered.head.contains("sec-websocket-version: 13"), status == 426);
    }
    client.send(opening("/socket", "").replace("GET", "POST").as_bytes()).await;
    assert_eq!(client.answer().await.status, 400);
    client.upgrade(b"").await;
}

#[tokio::test]
async fn a_handler_is_given_the_request() {
    let port = Port::open().await;
    let mut client = Client::connect(port.address).await;
    client.send(b"POST /mirror/a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc").await;
    assert_eq!(client.answer().await.body, "POST /mirror/a b 127.0.0.1 3");
    client.send(b"GET /socket HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 404, "it has no answers, only a socket");
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_taken() {
    let http = HttpLimits { body_bytes_max: 10, ..HttpLimits::default() };
    let port = Port::with(Setup { http, ..Setup::default() }).await;
    let check = async |request: &str, status: u16| {
        let mut client = Client::connect(port.address).await;
        client.send(format!("POST /mirror HTTP/1.1\r\nHost: h\r\n{request}").as_bytes()).await;
        assert_eq!(client.answer().await.status, status, "{request}");
    };
    check("Content-Length: 10\r\n\r\n0123456789", 200).await;
    // Announced only.
    check("Content-Length: 11\r\n\r\n", 413).await;
    check("Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n", 413).await;
    check("Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n", 200).await;
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let http = HttpLimits { body_timeout_s: 1, ..HttpLimits::default() };
    let port = Port::with(Setup { http, ..Setup::default() }).await;
    let mut client = Client::connect(port.address).await;
    client.send(b"POST /mirror HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab").await;
    assert_eq!(client.answer().await.body, "incomplete");
}

#[tokio::test]
async fn a_proxy_speaks_for_others_only_if_it_is_trusted() {
    let check = async |proxies: TrustedProxies, peer: &str| {
        let port = Port::with(Setup { proxies, ..Setup::default() }).await;
        let mut client = Client::connect(port.address).await;
        client.send(b"GET /mirror HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n\r\n").await;
        assert_eq!(client.answer().await.body, format!("GET /mirror {peer} 0"));
    };
    check(TrustedProxies::default(), "127.0.0.1").await;
    check(TrustedProxies::new(vec!["127.0.0.0/8".parse().expect("a network")]), "198.51.100.7").await;
}

#[tokio::test]
async fn an_address_holds_so_many_connections_and_sockets_are_among_them() {
    let http = HttpLimits { connections_per_address_max: 2, ..HttpLimits::default() };
    let port = Port::with(Setup { http, ..Setup::default() }).await;
    let socket = Client::open(port.address).await;
    let mut plain = Client::connect(port.address).await;
    plain.send(b"GET /mirror HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(plain.answer().await.status, 200);
    let mut third = Client::connect(port.address).await;
    assert_eq!(third.answer().await.status, 429);
    assert_eq!(third.read_to_end().await, 0);
    assert_eq!(port.metrics.refused_by_address.get(), 1);
    drop(socket);
    until("the socket's place is free", || port.metrics.sockets_open.get() == 0).await;
    Client::open(port.address).await;
}
