//! `odograph simulate` against the server itself.

use e2e::{Account, Server, run};

/// The rows of `simulate --ids`: protocol and identifier.
fn ids(arguments: &[&str]) -> Vec<(String, String)> {
    let exit = run(&[&["simulate", "--ids"], arguments].concat(), &[]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    let pair = |line: &str| line.split_once(' ').map(|(family, id)| (family.to_owned(), id.to_owned()));
    exit.stdout.lines().filter_map(pair).collect()
}

#[test]
fn identifiers_are_told_beforehand() {
    let three = ids(&["--protocol", "teltonika", "--protocol", "osmand", "--devices", "3"]);
    let families: Vec<_> = three.iter().map(|(family, _)| family.as_str()).collect();
    assert_eq!(families, ["teltonika", "osmand", "teltonika"]);
    assert_ne!(three[0].1, three[2].1);
    let all = ids(&["--protocol", "all", "--devices", "1000"]);
    assert_eq!(all.len(), 1_000);
}

#[test]
fn what_is_sent_arrives() {
    let server = Server::start();
    let account = Account::new(&server);
    for (_, id) in ids(&["--devices", "2"]) {
        account.teltonika(&id);
    }
    let address = server.device("teltonika").to_string();
    let two = ["--devices", "2", "--messages", "5", "--every", "0.05", "--batch", "3"];
    let exit = run(&[&["simulate", "--server", &address], &two[..]].concat(), &[]);
    assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
    let last = exit.stdout.lines().last().unwrap_or_default();
    assert!(last.contains("acknowledged 10  refused 0  broken 0  answered half under"), "{last}");
    assert_eq!(server.export(&[]).len(), 2 * 5 * 3);
}

#[test]
fn a_recorded_drive_is_driven() {
    let server = Server::start();
    let account = Account::new(&server);
    account.teltonika(&ids(&[])[0].1);
    let folder = tempfile::tempdir().expect("a folder");
    let drive = folder.path().join("drive.csv");
    std::fs::write(&drive, "time,lat,lon,speed\n0,41.1,2.1,30\n10,41.2,2.2,40\n").expect("is written");
    let (address, drive) = (server.device("teltonika").to_string(), drive.display().to_string());
    let three = ["--drive", &drive, "--messages", "3", "--every", "0.02"];
    let exit = run(&[&["simulate", "--server", &address], &three[..]].concat(), &[]);
    assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
    let places: Vec<_> = server.export(&[]).iter().map(|line| line["latitude"].as_f64()).collect();
    assert_eq!(places, [Some(41.1), Some(41.2), Some(41.1)]);
}

#[test]
fn who_is_refused_is_told() {
    let server = Server::start();
    let address = server.device("teltonika").to_string();
    let exit = run(&["simulate", "--server", &address, "--seconds", "1"], &[]);
    assert_eq!(exit.code, Some(1), "{}", exit.stdout);
    assert!(exit.stdout.contains("refused 1"), "{}", exit.stdout);
    assert!(exit.stderr.contains("acknowledged nothing"), "{}", exit.stderr);
    let exit = run(&["simulate", "--protocol", "morse", "--ids"], &[]);
    assert!(exit.code == Some(1) && exit.stderr.contains("teltonika"), "{}", exit.stderr);
}
