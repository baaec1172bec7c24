//! The table, the layers, and what is said about mistakes.

use super::kind::Kind;
use super::render::documentation;
use super::*;

fn variables(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A folder with a configuration file, and the flags that name it.
fn file(text: &str) -> (tempfile::TempDir, Flags) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("test.toml");
    std::fs::write(&path, text).expect("written");
    let flags = Flags { config: Some(path), ..Flags::default() };
    (dir, flags)
}

fn listens(settings: &Settings) -> Vec<String> {
    settings.listens.iter().map(|listen| format!("{listen:?}")).collect()
}

#[test]
fn every_row_is_sound() {
    let mut settings = Settings::default();
    let mut keys = std::collections::HashSet::new();
    for row in ROWS {
        let key = row.key();
        assert!(keys.insert(key.clone()), "{key} is there once");
        let default = row.default_value().unwrap_or_else(|| panic!("{key}: its default is not allowed"));
        assert!((row.put)(&mut settings, default), "{key}: its default does not fit");
        if let Kind::Number(min, max) = row.kind {
            for n in [min, max] {
                let read = row.kind.read_text(&n.to_string()).expect(&key);
                assert!((row.put)(&mut settings, read), "{key}: {n} does not fit");
            }
        }
        let about = row.about.trim();
        assert!(about.ends_with('.') && !about.contains("  "), "{key}: {about}");
        assert!(!row.name.is_empty() && SECTIONS.iter().any(|s| s.name == row.section), "{key}");
    }
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let (_dir, flags) = file("");
    let settings = load(&flags, &variables(&[])).expect("valid").settings;
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.sessions.user_lifetime_s, 2_592_000);
    assert_eq!(settings.http.listen.0.to_string(), "127.0.0.1:8080");
    assert_eq!(listens(&settings).first().map(String::as_str), Some("teltonika=127.0.0.1:5027"));
    assert_eq!(settings.listens.len(), protocols::FAMILIES.len());
}

#[test]
fn flag_before_variable_before_file_before_default() {
    let (_dir, mut flags) = file("[http]\nlisten = \"127.0.0.1:1\"\n[status]\nidle_s = 11\noffline_s = 22\n");
    let check = |flags: &Flags, environment: &[(&str, &str)], http: &str, idle_s: u32| {
        let settings = load(flags, &variables(environment)).expect("valid").settings;
        assert_eq!((settings.http.listen.0.to_string().as_str(), settings.status.idle_s), (http, idle_s));
        assert_eq!((settings.status.offline_s, settings.status.lost_s), (22, 86_400));
    };
    check(&flags, &[], "127.0.0.1:1", 11);
    let environment = [("ODOGRAPH_HTTP_LISTEN", "127.0.0.1:2"), ("ODOGRAPH_STATUS_IDLE_S", "12")];
    check(&flags, &environment, "127.0.0.1:2", 12);
    flags.http = Some("127.0.0.1:3".to_owned());
    check(&flags, &environment, "127.0.0.1:3", 12);
    // The file named in the environment counts only when no flag names one.
    let by_variable = [("ODOGRAPH_CONFIG", flags.config.as_ref().and_then(|p| p.to_str()).expect("a plain path"))];
    check(&Flags { config: None, ..flags.clone() }, &by_variable, "127.0.0.1:3", 11);
    check(&flags, &[("ODOGRAPH_CONFIG", "/nowhere")], "127.0.0.1:3", 11);
}

#[test]
fn each_layer_replaces_the_whole_list_of_ports() {
    let check = |text: &str, environment: &[(&str, &str)], devices: &[&str], expected: &[&str]| {
        let (_dir, mut flags) = file(text);
        flags.devices = devices.iter().map(|d| (*d).to_owned()).collect();
        let settings = load(&flags, &variables(environment)).expect("valid").settings;
        assert_eq!(listens(&settings), expected, "{text} {environment:?} {devices:?}");
    };
    let in_file = "[devices]\nsilence_s = 5\nteltonika = [\"127.0.0.1:1\", \"[::1]:2\"]\n";
    check(in_file, &[], &[], &["teltonika=127.0.0.1:1", "teltonika=[::1]:2"]);
    check("[devices]\nteltonika = \"none\"\n", &[], &[], &[]);
    check(
        in_file,
        &[("ODOGRAPH_DEVICES", "teltonika=127.0.0.1:3, teltonika=127.0.0.1:0")],
        &[],
        &["teltonika=127.0.0.1:3", "teltonika=127.0.0.1:0"],
    );
    check(in_file, &[("ODOGRAPH_DEVICES_TELTONIKA", "127.0.0.1:4")], &[], &["teltonika=127.0.0.1:4"]);
    check(in_file, &[("ODOGRAPH_DEVICES", "none")], &[], &[]);
    let variable = [("ODOGRAPH_DEVICES", "teltonika=127.0.0.1:3")];
    check(
        in_file,
        &variable,
        &["teltonika=127.0.0.1:5", "teltonika=127.0.0.1:6"],
        &["teltonika=127.0.0.1:5", "teltonika=127.0.0.1:6"],
    );
    check(in_file, &variable, &["none"], &[]);
}

#[test]
fn ports_may_be_for_all_protocols_or_behind_a_proxy() {
    let check = |text: &str, environment: &[(&str, &str)], devices: &[&str], expected: &[&str]| {
        let (_dir, mut flags) = file(text);
        flags.devices = devices.iter().map(|d| (*d).to_owned()).collect();
        let settings = load(&flags, &variables(environment)).expect("valid").settings;
        assert_eq!(listens(&settings), expected, "{text} {environment:?} {devices:?}");
    };
    let expected = ["gt06=127.0.0.1:1,proxy", "gt06=127.0.0.1:2", "auto=127.0.0.1:3,proxy"];
    let in_file = "[devices]\ngt06 = [\"127.0.0.1:1,proxy\", \"127.0.0.1:2\"]\nauto = \"127.0.0.1:3, proxy\"\n";
    check(in_file, &[], &[], &expected);
    let variable = "auto=127.0.0.1:3,proxy,gt06=127.0.0.1:1,proxy,gt06=127.0.0.1:2";
    check("", &[("ODOGRAPH_DEVICES", variable)], &[], &expected);
    check("", &[], &["gt06=127.0.0.1:1,proxy", "gt06=127.0.0.1:2", "auto=127.0.0.1:3,proxy"], &expected);
    check("", &[("ODOGRAPH_DEVICES_AUTO", "127.0.0.1:3,proxy")], &[], &expected[2..]);
    check("", &[("ODOGRAPH_DEVICES_WIALON_IPS", "none")], &[], &[]);
    let refuse = |text: &str| {
        let flags = Flags { devices: vec![text.to_owned()], ..Flags::default() };
        let error = load(&flags, &variables(&[])).expect_err(text).to_string();
        assert!(error.contains("NAME=IP:PORT,proxy"), "{error}");
    };
    for text in ["proxy", "gt06=proxy", "gt06=127.0.0.1:1,proxy,proxy", "gt06=127.0.0.1:1,prox", "none,proxy"] {
        refuse(text);
    }
}

#[test]
fn lists_and_odd_kinds_are_read() {
    let (_dir, flags) = file(
        "[http]\ntrusted_proxies = [\"10.0.0.0/8\", \"192.0.2.1\"]\n[passwords]\nmixed = false\n\
         [users]\ndefault_zone = \"Europe/Vilnius\"\n[log]\nlevel = \"warn,gateway=debug\"\n",
    );
    let settings = load(&flags, &variables(&[])).expect("valid").settings;
    let proxies: Vec<_> = settings.http.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "192.0.2.1/32"]);
    assert!(!settings.passwords.mixed);
    assert_eq!(
        (settings.users.default_zone.as_str(), settings.log.level.as_str()),
        ("Europe/Vilnius", "warn,gateway=debug")
    );
    let environment = variables(&[("ODOGRAPH_HTTP_TRUSTED_PROXIES", "::1, 10.1.0.0/16"), ("ODOGRAPH_LOG", "debug")]);
    let settings = load(&flags, &environment).expect("valid").settings;
    assert_eq!((settings.http.trusted_proxies.len(), settings.log.level.as_str()), (2, "debug"));
}

#[test]
fn a_mistake_names_the_key_what_was_found_and_what_is_allowed() {
    let check = |text: &str, environment: &[(&str, &str)], words: &[&str]| {
        let (_dir, flags) = file(text);
        let error = load(&flags, &variables(environment)).expect_err(text).to_string();
        for word in words {
            assert!(error.contains(word), "{word} is in: {error}");
        }
    };
    let number = "a whole number from 1 to 31622400";
    check("[status]\nidle_s = \"soon\"\n", &[], &["status.idle_s", "test.toml", "\"soon\"", number]);
    check("[status]\nidle_s = 0\n", &[], &["status.idle_s", "found 0", number]);
    check("[status]\nidle_s = 1.5\n", &[], &["status.idle_s", "found 1.5", number]);
    check("", &[("ODOGRAPH_STATUS_IDLE_S", "-1")], &["status.idle_s (ODOGRAPH_STATUS_IDLE_S)", "\"-1\"", number]);
    check("[status]\nidel_s = 5\n", &[], &["status.idel_s", "idle_s, offline_s, lost_s"]);
    check("[weather]\nrain = 1\n", &[], &["weather", "[data], [admin]"]);
    check("status = 5\n", &[], &["status", "[status]"]);
    check("[devices]\npigeon = \"127.0.0.1:1\"\n", &[], &["devices.pigeon"]);
    check("[devices]\nteltonika = 5027\n", &[], &["devices.teltonika", "5027", "IP address with port"]);
    check("[devices]\nteltonika = [\"127.0.0.1:1\", 5]\n", &[], &["devices.teltonika"]);
    check("", &[("ODOGRAPH_DEVICES", "pigeon=127.0.0.1:1")], &["devices", "pigeon", "one of teltonika"]);
    check("", &[("ODOGRAPH_DEVICES_TELTONIKA", "here")], &["devices.teltonika", "here"]);
    check("", &[("ODOGRAPH_LOG_FORMAT", "xml")], &["log.format", "xml", "text, json"]);
    check("", &[("ODOGRAPH_USERS_DEFAULT_ZONE", "Mars/Base")], &["users.default_zone", "Mars/Base", "time zone"]);
    check("", &[("ODOGRAPH_PASSWORDS_MIXED", "yes")], &["passwords.mixed", "true or false"]);
    check("", &[("ODOGRAPH_HTTP_TRUSTED_PROXIES", "proxy")], &["http.trusted_proxies", "10.0.0.0/8"]);
    check("[passwords]\nchars_min = 30\n", &[], &["passwords.chars_min", "30", "to 20"]);
    check("[status\n", &[], &["test.toml", "TOML"]);
    check("", &[("ODOGRAPH_MAIL_URL", "file:mails")], &["mail.from", "an e-mail address"]);
    check("", &[("ODOGRAPH_MAIL_FROM", "fleet")], &["mail.from", "fleet", "an e-mail address"]);
}

#[test]
fn a_mail_servers_password_is_not_repeated() {
    let (_dir, flags) = file("[mail]\nurl = \"smtps://ann:swordfish@\"\n");
    let error = load(&flags, &variables(&[])).expect_err("no host").to_string();
    assert!(error.contains("mail.url") && !error.contains("swordfish"), "{error}");
    let (_dir, flags) = file("[mail]\nurl = \"smtps://ann:swordfish@mail.example.com\"\nfrom = \"a@example.com\"\n");
    let loaded = load(&flags, &variables(&[])).expect("valid");
    assert_eq!(loaded.settings.mail.url.expose(), "smtps://ann:swordfish@mail.example.com");
    assert!(!format!("{loaded:?}").contains("swordfish"));
}

#[test]
fn a_wrong_flag_is_named() {
    let check = |change: fn(&mut Flags), words: &[&str]| {
        let (_dir, mut flags) = file("");
        change(&mut flags);
        let error = load(&flags, &variables(&[])).expect_err("wrong").to_string();
        for word in words {
            assert!(error.contains(word), "{word} is in: {error}");
        }
    };
    check(|f| f.http = Some("localhost".to_owned()), &["http.listen (--http)", "localhost", "127.0.0.1:8080"]);
    check(|f| f.log = Some("xml".to_owned()), &["log.format (--log)", "xml"]);
    check(|f| f.devices = vec!["pigeon=127.0.0.1:1".to_owned()], &["devices (--device)", "pigeon"]);
    check(|f| f.devices = vec!["teltonika".to_owned()], &["devices (--device)", "NAME=IP:PORT"]);
    check(|f| f.config = Some("/nowhere/odograph.toml".into()), &["/nowhere/odograph.toml"]);
}

#[test]
fn variables_of_other_programs_are_told_and_passed_over() {
    let (_dir, flags) = file("");
    let environment = variables(&[("ODOGRAPH_BIN", "x"), ("ODOGRAPH_ADMIN_PASSWORD", "x"), ("ODOGRAPH_LOG", "warn")]);
    let loaded = load(&flags, &environment).expect("valid");
    assert_eq!(loaded.unknown_variables, ["ODOGRAPH_BIN"]);
}

#[test]
fn the_printed_file_says_the_defaults() {
    let text = commented_file();
    // With every setting's line switched on it must still mean the defaults.
    let is_setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ");
    let switched_on: String = text
        .lines()
        .map(|line| if is_setting(&line) { &line[1..] } else { line })
        .flat_map(|line| [line, "\n"])
        .collect();
    let (_dir, flags) = file(&switched_on);
    assert_eq!(load(&flags, &variables(&[])).expect("valid").settings, Settings::default());
    assert_eq!(text.lines().filter(is_setting).count(), ROWS.len() + Spoken::all().count());
    let (_dir, flags) = file(&text);
    assert_eq!(load(&flags, &variables(&[])).expect("valid").settings, Settings::default());
}

#[test]
fn the_documentation_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("ODOGRAPH_UPDATE_DOCS").is_some() {
        std::fs::write(&path, documentation()).expect("written");
    }
    let page = std::fs::read_to_string(&path).expect("docs/configuration.md is there");
    assert!(page == documentation(), "docs/configuration.md is old: ODOGRAPH_UPDATE_DOCS=1 cargo test -p odograph");
}
