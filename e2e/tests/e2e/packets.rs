//! `odograph decode` and `odograph encode`, as people and programs run them.

use e2e::{run, run_with};
use serde_json::{Value, json};

const LOGIN: &str = "000F333530303030303030303030303134";
const RECORD: &str = "000000000000003B08010000019CEBAB884201D5E0B9CCEC101AB2021E00BB0B003FEF0703EF01F0011504\
    0242315A430FAC01100012D687014E0100001A2B3C4D5E010000B9C3";
const GT06_LOGIN: &str = "78780D01035000000000001400012563 0D0A";
const GT06_POSITION: &str = "78781F121A030E091A35CB0396B3840794FD473F18BB02DA022B1F00A1B20002B66F0D0A";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

fn decode(arguments: &[&str], input: &str) -> Vec<Value> {
    let all = [&["decode", "--json"], arguments].concat();
    let exit = run_with(&all, input);
    assert_eq!((exit.code, exit.stderr.as_str()), (Some(0), ""), "{all:?}");
    lines(&exit.stdout)
}

#[test]
fn every_line_gets_its_object() {
    let (first, second) = RECORD.split_at(40);
    let told = decode(&["--protocol", "teltonika"], &format!("{LOGIN}\n{first}\n{second}\n\nnot hex\n"));
    assert_eq!(told.len(), 5);
    assert_eq!(told[0]["replies"], json!(["01"]));
    assert_eq!(told[1]["reports"], json!([]));
    assert_eq!(told[2]["replies"], json!(["00000001"]));
    let report = &told[2]["reports"][0];
    assert_eq!(report["time"], "2026-03-14T09:26:53.250Z");
    assert_eq!((&report["valid"], &report["event_id"]), (&json!(true), &json!(605)));
    assert_eq!(report["attributes"]["hardware_key"], "5E4D3C2B1A000001");
    assert!(told.iter().take(4).all(|line| line["identity"] == "350000000000014" && line["diagnostics"] == json!([])));
    assert_eq!(told[4]["diagnostics"][0]["offset"], 0);
}

#[test]
fn each_line_can_be_a_conversation_of_its_own() {
    let two = format!("{GT06_POSITION}\n{GT06_POSITION}\n");
    let told = decode(&["--protocol", "gt06", "--device", "350000000000014", "--each"], &two);
    assert!(told.iter().all(|line| line["reports"].as_array().is_some_and(|reports| reports.len() == 1)), "{told:?}");
    let told = decode(&["--protocol", "gt06", "--each"], &format!("{GT06_LOGIN}\n{GT06_POSITION}\n"));
    assert_eq!((&told[1]["identity"], &told[1]["reports"]), (&json!(null), &json!([])));
    assert_ne!(told[1]["diagnostics"], json!([]));
}

#[test]
fn settings_and_policies_are_obeyed() {
    let zone = ["--protocol", "gt06", "--device", "350000000000014", "--set", "time_zone=+08:00"];
    let told = decode(&zone, GT06_POSITION);
    assert_eq!(told[0]["reports"][0]["time"], "2026-03-14T01:26:53.000Z");

    let broken = GT06_POSITION.replace("B66F", "B66E");
    let device = ["--protocol", "gt06", "--device", "350000000000014"];
    let warned = decode(&device, &broken);
    assert_eq!(warned[0]["reports"].as_array().map(Vec::len), Some(1));
    assert_eq!(warned[0]["diagnostics"].as_array().map(Vec::len), Some(1));
    let enforced = decode(&[&device[..], &["--checksum", "enforce"]].concat(), &broken);
    assert_eq!(enforced[0]["reports"], json!([]));
    assert_eq!(enforced[0]["replies"], json!([]));
}

#[test]
fn a_packet_is_explained_and_its_protocol_found() {
    let exit = run(&["decode", GT06_POSITION], &[]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    for line in ["protocol   gt06", "  speed                    63 km/h", "  heading                  187 °"] {
        assert!(exit.stdout.lines().any(|told| told == line), "{line} in\n{}", exit.stdout);
    }
    let exit = run(&["decode", "good morning"], &[]);
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(1), ""));
    assert!(exit.stderr.contains("--protocol"), "{}", exit.stderr);
}

#[test]
fn what_is_wrong_is_said() {
    let check = |arguments: &[&str], word: &str| {
        let exit = run(arguments, &[]);
        assert_eq!((exit.code, exit.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(exit.stderr.contains(word), "{arguments:?}: {}", exit.stderr);
    };
    check(&["decode", "--protocol", "morse", "00"], "teltonika");
    check(&["decode", "--protocol", "gt06", "--set", "colour=red", "00"], "no such setting");
    check(&["decode", "--protocol", "gt06", "--set", "time_zone=never", "00"], "+08:00");
    check(&["decode", "--protocol", "gt06", "--set", "time_zone", "00"], "KEY=VALUE");
    check(&["decode", "--protocol", "gt06", "--checksum", "maybe", "00"], "enforce");
    check(&["encode", "getio"], "--protocol");
}

#[test]
fn commands_become_bytes() {
    let commands = concat!(
        r#"{"type":"getio"}"#,
        "\n",
        r#"{"type":"text","attributes":{"text":"getver"}}"#,
        "\n",
        r#"{"type":"dance"}"#,
        "\nnonsense\n"
    );
    let exit = run_with(&["encode", "--json", "--protocol", "teltonika", "--device", "350000000000014"], commands);
    let told = lines(&exit.stdout);
    assert_eq!(told[0], json!({"bytes": "000000000000000d0c010500000005676574696f01000000cb"}));
    assert!(told[1]["bytes"].is_string());
    assert!(told[2]["error"].is_string() && told[3]["error"].is_string() && told.len() == 4);
    let exit = run(&["encode", "--protocol", "ngp", "position"], &[]);
    assert_eq!(exit.code, Some(1));
}

#[test]
fn the_protocols_are_listed() {
    let exit = run(&["decode", "--protocols"], &[]);
    assert!(exit.stdout.lines().any(|name| name == "teltonika"), "{}", exit.stdout);
    assert!(exit.stdout.lines().all(|name| !name.contains(' ')), "{}", exit.stdout);
}
