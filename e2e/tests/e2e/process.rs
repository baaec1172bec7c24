//! The process: starting, stopping, refusing.

use e2e::{Account, Frame, Report, Server, ServerOptions, Socket, Tracker, eventually, run};
use serde_json::Value;

#[test]
fn health_and_readiness_are_told() {
    let server = Server::start();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.api().get(path).status, 200, "{path}");
    }
}

#[test]
fn sigterm_closes_sockets_with_1001_and_exits_0() {
    let mut server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika("350000000000014");
    let mut watching = Socket::open(&server);
    watching.subscribe(&account.hash, &[van.id]);
    watching.state_of(van.source_id);
    let mut idle = Socket::open(&server);
    idle.silent(&account.hash);
    let mut tracker = Tracker::online(server.device("teltonika"), "350000000000014");
    tracker.report(&Report::default());
    watching.state_of(van.source_id);

    server.ask_to_stop();
    for socket in [&mut watching, &mut idle] {
        assert_eq!(socket.close_code(), 1001);
        assert!(matches!(socket.frame(), Frame::Dropped | Frame::Close(_)));
    }
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.export(&[]).len(), 1);
}

#[test]
fn it_starts_again_on_the_same_ports_at_once() {
    let mut server = Server::start();
    let account = Account::new(&server);
    account.teltonika("350000000000014");
    let mut tracker = Tracker::online(server.device("teltonika"), "350000000000014");
    tracker.report(&Report::default());
    let addresses = server.addresses();
    server.kill();
    server.start_again_on(&addresses);
    Tracker::online(server.device("teltonika"), "350000000000014").report(&Report::default());
}

#[test]
fn a_second_instance_on_one_folder_is_refused() {
    let server = Server::start();
    let folder = server.folder().path().to_str().expect("a plain path");
    let arguments = ["serve", "--data", folder, "--http", "127.0.0.1:0", "--device", "none"];
    let exit = run(&arguments, &[]);
    assert!(exit.code.is_some_and(|code| code != 0), "{exit:?}");
    assert!(exit.stderr.contains(folder), "the line names the folder: {}", exit.stderr);
    assert!(!exit.stdout.contains("ready"), "{}", exit.stdout);
    assert!(server.api().is_healthy(), "the first one goes on");
}

#[test]
fn a_port_in_use_is_named() {
    let server = Server::start();
    let folder = e2e::Folder::new();
    let address = server.http().to_string();
    let data = folder.path().to_str().expect("a plain path");
    let exit = run(&["serve", "--data", data, "--http", &address, "--device", "none"], &[]);
    assert!(exit.code.is_some_and(|code| code != 0), "{exit:?}");
    assert!(exit.stderr.contains(&address), "{}", exit.stderr);
}

#[test]
fn a_random_administrator_password_is_printed_once() {
    let mut server = Server::with(ServerOptions::default().unset("ODOGRAPH_ADMIN_PASSWORD"));
    let password = eventually("a password on standard error that works", || {
        let log = server.stderr();
        let words = log.lines().filter(|line| line.to_lowercase().contains("password")).flat_map(str::split_whitespace);
        let quotes = |sign: char| matches!(sign, '"' | '\'' | '`' | '.' | ',');
        let word = |word: &str| word.rsplit('=').next().unwrap_or(word).trim_matches(quotes).to_owned();
        // Few enough words look like one that the limit on failed logins is not reached.
        let candidates: Vec<String> = words.map(word).filter(|word| (12..=40).contains(&word.len())).collect();
        let api = server.api();
        candidates.into_iter().rev().take(5).find(|word| api.admin_with(word).status == 200)
    });
    server.stop();
    server.start_again();
    assert_eq!(server.api().admin_with(&password).status, 200, "it stays");
    assert!(!server.stderr().contains(&password), "it is printed only once");
}

#[test]
fn the_first_password_stays_whatever_the_environment_says_later() {
    let mut server = Server::start();
    server.stop();
    server.set_for_next_start("ODOGRAPH_ADMIN_PASSWORD", "Other-Secret-22!");
    server.start_again();
    assert_eq!(server.api().admin_with(e2e::ADMIN_PASSWORD).status, 200);
    assert_eq!(server.api().admin_with("Other-Secret-22!").error(), (102, 400));
}

#[test]
fn a_lost_administrator_password_can_be_set_anew() {
    let mut server = Server::start();
    let old = server.api().admin();
    server.stop();
    let folder = server.folder().path().to_str().expect("a plain path").to_owned();
    let arguments = ["admin", "set-password", "--data", &folder];
    let exit = run(&arguments, &[("ODOGRAPH_ADMIN_PASSWORD", "Other-Secret-22!")]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(!exit.stdout.contains("Other-Secret") && !exit.stderr.contains("Other-Secret"), "not echoed");
    server.start_again();
    server.api().admin_with("Other-Secret-22!").ok();
    assert_eq!(server.api().admin_with(e2e::ADMIN_PASSWORD).error(), (102, 400));
    let reply = server.api().call("panel/user/list", &old, Value::Null);
    assert_eq!(reply.error(), (4, 400), "sessions of the old password are over");
}

#[test]
fn the_administrators_password_can_be_set_beside_the_running_server() {
    let server = Server::start();
    let folder = server.folder().path().to_str().expect("a plain path");
    let weak = run(&["admin", "set-password", "--data", folder], &[("ODOGRAPH_ADMIN_PASSWORD", "weak")]);
    assert_eq!(weak.code, Some(1), "{weak:?}");
    let arguments = ["admin", "set-password", "--data", folder];
    let exit = run(&arguments, &[("ODOGRAPH_ADMIN_PASSWORD", "Other-Secret-22!")]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    server.api().admin_with("Other-Secret-22!").ok();
    assert_eq!(server.api().admin_with(e2e::ADMIN_PASSWORD).error(), (102, 400));
}

#[test]
fn secrets_stay_out_of_the_log_and_the_folder() {
    let mut server = Server::start();
    let account = Account::new(&server);
    account.api.login(&account.login, &account.password).ok();
    account.api.login(&account.login, "Wrong-Horse-1!").error();
    account.call("tracker/list", Value::Null).ok();
    let secrets = [account.hash.as_str(), &account.admin, &account.password, e2e::ADMIN_PASSWORD];
    let log = server.stderr();
    assert!(secrets.iter().all(|secret| !log.contains(secret)), "a secret is in the log");
    server.stop();
    for path in files(server.folder().path()) {
        let bytes = std::fs::read(&path).expect("a file of the folder");
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret is in {}", path.display());
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn exporting_works_beside_the_running_server_and_after_it() {
    let mut server = Server::start();
    let account = Account::new(&server);
    account.teltonika("350000000000014");
    let mut tracker = Tracker::online(server.device("teltonika"), "350000000000014");
    for speed in [1, 2, 3] {
        tracker.report(&Report::at_speed(speed));
    }
    let beside = server.export(&[]);
    assert_eq!(beside.len(), 3);
    let fields = [
        "seq",
        "device",
        "source_id",
        "time",
        "received",
        "valid",
        "latitude",
        "longitude",
        "altitude_m",
        "speed_kmh",
        "heading_deg",
        "attributes",
    ];
    for field in fields {
        assert!(beside[0].get(field).is_some(), "{field}: {}", beside[0]);
    }
    let second = beside[1]["time"].as_str().expect("a time").to_owned();
    let from: Vec<Value> = server.export(&["--from", &second]);
    assert_eq!(from, beside[1..], "from a time on");
    server.stop();
    assert_eq!(server.export(&[]), beside, "the same without the server");
}

#[test]
fn the_control_socket_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start();
    let metadata = std::fs::metadata(server.folder().join("control.sock")).expect("a control socket");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}
