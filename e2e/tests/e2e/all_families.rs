//! Trackers of all families at once, on the one port that takes all.

use std::collections::BTreeMap;

use e2e::{Account, DEADLINE, Server, ServerOptions, poll, run};

const DEVICES: &str = "1000";
const MESSAGES: usize = 3;

/// The code of the model that a family's trackers are registered as.
fn model(family: &str) -> String {
    match family {
        "ngp" => "navixy_ngp".to_owned(),
        family => family.replace('-', "_"),
    }
}

#[test]
fn a_thousand_trackers_of_all_families_share_one_port() {
    let options = ServerOptions::default().set("ODOGRAPH_LIMITS_CONNECTIONS_PER_ADDRESS_MAX", "0");
    let server = Server::with(options);
    let account = Account::new(&server);
    let told = run(&["simulate", "--ids", "--protocol", "all", "--devices", DEVICES], &[]).stdout;
    let units: Vec<(&str, &str)> = told.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(units.len(), 1_000);
    let spoken: std::collections::BTreeSet<&str> = units.iter().map(|(family, _)| *family).collect();
    let known = run(&["decode", "--protocols"], &[]).stdout;
    assert_eq!(spoken, known.lines().collect(), "every family is spoken");
    for (family, id) in &units {
        account.register(id, &model(family));
    }

    let folder = tempfile::tempdir().expect("a folder");
    let drive = folder.path().join("drive.csv");
    std::fs::write(&drive, "time,lat,lon,speed\n0,-33.41,-70.61,30\n10,-33.42,-70.62,40\n20,-33.43,-70.63,50\n")
        .expect("is written");
    let (address, messages, drive) =
        (server.device("auto").to_string(), MESSAGES.to_string(), drive.display().to_string());
    let load =
        ["--protocol", "all", "--devices", DEVICES, "--messages", &messages, "--every", "1.5", "--drive", &drive];
    let exit = run(&[&["simulate", "--server", &address], &load[..]].concat(), &[]);
    assert_eq!(exit.code, Some(0), "{}{}\n{}", exit.stdout, exit.stderr, server.stderr());
    let last = exit.stdout.lines().last().unwrap_or_default();
    assert!(last.contains("acknowledged 3000  refused 0  broken 0"), "{}", exit.stdout);

    // Families without acknowledgements hang up with their last words on the way.
    let of_device = || {
        let mut of_device: BTreeMap<String, usize> = BTreeMap::new();
        for report in server.export(&[]).iter().filter(|report| !report["latitude"].is_null()) {
            *of_device.entry(report["device"].as_str().expect("a device").to_owned()).or_default() += 1;
        }
        of_device
    };
    let is_whole = |of_device: &BTreeMap<String, usize>| of_device.values().sum::<usize>() >= 1_000 * MESSAGES;
    let stored = poll(DEADLINE, || Some(of_device()).filter(is_whole)).unwrap_or_else(of_device);
    let strays: Vec<_> = units.iter().filter(|(_, id)| stored.get(*id) != Some(&MESSAGES)).collect();
    assert!(strays.is_empty(), "{} devices have not {MESSAGES} reports: {strays:?}", strays.len());
}
