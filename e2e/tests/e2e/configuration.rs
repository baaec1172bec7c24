//! Settings: where they come from and what is said about wrong ones.

use e2e::{Folder, Server, ServerOptions, run};

/// A start that must fail because of its configuration.
#[track_caller]
fn refused(arguments: &[&str], environment: &[(&str, &str)], words: &[&str]) {
    let folder = Folder::new();
    let data = folder.path().to_str().expect("a plain path");
    let mut all = vec!["serve", "--data", data, "--http", "127.0.0.1:0", "--device", "none"];
    all.extend_from_slice(arguments);
    let exit = run(&all, environment);
    assert_eq!(exit.code, Some(2), "{exit:?}");
    for word in words {
        assert!(exit.stderr.contains(word), "{word} is named: {}", exit.stderr);
    }
    assert!(!exit.stdout.contains("ready"), "{}", exit.stdout);
}

#[test]
fn a_wrong_value_in_the_environment_names_the_key_and_the_value() {
    refused(&[], &[("ODOGRAPH_STATUS_IDLE_S", "soon")], &["status.idle_s", "soon"]);
    refused(&[], &[("ODOGRAPH_STATUS_OFFLINE_S", "-1")], &["status.offline_s", "-1"]);
    refused(&[], &[("ODOGRAPH_SESSIONS_USER_LIFETIME_S", "")], &["sessions.user_lifetime_s"]);
    refused(&[], &[("ODOGRAPH_WS_BATCH_ITEMS_MAX", "many")], &["ws.batch_items_max", "many"]);
}

#[test]
fn a_variable_that_means_nothing_is_named_in_the_log() {
    // Not refused: other programs may have variables that begin alike.
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_STATUS_IDEL_S", "5"));
    e2e::eventually("a line on the variable", || server.stderr().contains("ODOGRAPH_STATUS_IDEL_S").then_some(()));
}

#[test]
fn a_wrong_listener_is_named() {
    refused(&["--device", "carrier-pigeon=127.0.0.1:0"], &[], &["carrier-pigeon"]);
    refused(&["--device", "teltonika=nowhere"], &[], &["nowhere"]);
}

#[test]
fn the_administrators_password_is_never_a_flag() {
    let folder = Folder::new();
    let data = folder.path().to_str().expect("a plain path");
    let exit = run(&["serve", "--data", data, "--http", "127.0.0.1:0", "--admin-password", "Some-Secret-1!"], &[]);
    assert_eq!(exit.code, Some(2), "{exit:?}");
}

#[test]
fn a_file_is_read_and_the_environment_wins_over_it() {
    let folder = Folder::new();
    let file = folder.join("odograph.toml");
    std::fs::write(&file, "[status]\nidle_s = \"soon\"\n").expect("written");
    let path = file.to_str().expect("a plain path");
    refused(&["--config", path], &[], &["status.idle_s", "soon"]);
    std::fs::write(&file, "[status]\nidle_s = 60\n[weather]\nrain = 1\n").expect("written");
    refused(&["--config", path], &[], &["weather"]);
    // A good file, and a wrong variable that is looked at in its place.
    std::fs::write(&file, "[status]\nidle_s = 60\n").expect("written");
    refused(&["--config", path], &[("ODOGRAPH_STATUS_IDLE_S", "soon")], &["status.idle_s", "soon"]);
}

#[test]
fn log_lines_are_json_when_asked() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_LOG_FORMAT", "json"));
    let mut tracker = e2e::Tracker::connect(server.device("teltonika"));
    assert_eq!(tracker.log_in("350000000000777").expect("an answer"), 0);
    let line = e2e::eventually("a line on the refused device", || {
        server.stderr().lines().find(|line| line.contains("350000000000777")).map(str::to_owned)
    });
    serde_json::from_str::<serde_json::Value>(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
}
