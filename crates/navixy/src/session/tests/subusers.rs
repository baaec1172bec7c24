//! What a sub-user sees on a socket, and that it sees nothing more once it may not.

use ::fleet::{SubuserEdit, UserProfile};
use model::{AttributeId, TrackerId, UserId, Value, attr};

use super::stage::{FIRST, Stage, of};

const A: u32 = FIRST;
const B: u32 = FIRST + 1;
const C: u32 = FIRST + 2;
const BATTERY: AttributeId = attr::BATTERY_LEVEL;

/// A stage with a sub-user of its user.
struct Family {
    stage: Stage,
    sub: UserId,
    /// A session of the sub-user.
    hash: String,
    /// A session of its master.
    masters: String,
}

impl Family {
    /// Of so many trackers the sub-user sees those.
    async fn new(trackers: u32, bound: &[u32]) -> Self {
        let stage = Stage::new(trackers).await;
        let masters = stage.hash().await;
        let profile = UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() };
        let new = SubuserEdit { login: "bo@example.com".into(), activated: true, profile, security_group: None };
        let made = stage.fleet.create_subuser(&stage.session(&masters), new, "secret", stage.now()).await;
        let mut family = Self { sub: made.expect("a sub-user"), stage, hash: String::new(), masters };
        family.hash = family.session().await;
        family.bind(bound).await;
        family
    }

    async fn session(&self) -> String {
        let master = self.stage.session(&self.masters);
        let hash = self.stage.fleet.create_subuser_session(&master, self.sub, self.stage.now()).await;
        hash.expect("a session").as_str().to_owned()
    }

    async fn bind(&self, trackers: &[u32]) {
        let trackers = trackers.iter().copied().map(TrackerId).collect();
        let master = self.stage.session(&self.masters);
        self.stage.fleet.bind_trackers(&master, self.sub, trackers).await.expect("bound");
    }

    async fn unbind(&self, trackers: &[u32]) {
        let trackers = trackers.iter().copied().map(TrackerId).collect();
        let master = self.stage.session(&self.masters);
        self.stage.fleet.unbind_trackers(&master, self.sub, trackers).await.expect("unbound");
    }
}

#[tokio::test]
async fn each_tracker_has_its_status() {
    let family = Family::new(3, &[A, B]).await;
    family.stage.block(B, true).await;
    let mut client = family.stage.client();
    let said = client.legacy("subscribe", &family.hash, &[A, B, C, 7]);
    let statuses = r#"{"100001":"normal","100002":"blocked","100003":"disallowed","7":"unknown"}"#;
    assert_eq!(said, [format!(r#"ok {{"state":{statuses}}}"#), "state 1@0".to_owned()]);
    family.stage.report(C, 10).await;
    family.stage.block(C, true).await;
    assert_eq!(client.due(), [""; 0]);
    // What was disallowed is not remembered.
    family.bind(&[C]).await;
    family.stage.block(C, false).await;
    family.stage.report(C, 20).await;
    assert_eq!(client.due(), [""; 0]);
    let said = client.requests("subscribe", &family.hash, &of("state_batch", None, ""));
    let statuses = r#"{"100001":"normal","100002":"blocked","100003":"normal"}"#;
    assert_eq!(said[0], format!(r#"ok {{"state_batch":{{"success":true,"value":{statuses}}}}}"#));
}

#[tokio::test]
async fn states_that_wait_do_not_reach_who_lost_the_tracker() {
    let family = Family::new(2, &[A, B]).await;
    let (mut client, mut master) = (family.stage.client(), family.stage.client());
    client.legacy("subscribe", &family.hash, &[A, B]);
    master.legacy("subscribe", &family.masters, &[A, B]);
    family.stage.report(A, 10).await;
    family.stage.alarm(A, 20).await;
    family.stage.report(B, 30).await;
    family.unbind(&[A]).await;
    family.stage.report(A, 40).await;
    family.stage.corrupt(A).await;
    assert_eq!(client.due(), ["state 2@30"], "and of its end it hears nothing");
    assert_eq!(master.due(), ["state 2@30", "corrupt 1"]);
    assert_eq!(client.legacy("subscribe", &family.hash, &[A]), [r#"ok {"state":{"100001":"unknown"}}"#]);
}

#[tokio::test]
async fn both_on_one_connection_get_what_is_theirs() {
    let family = Family::new(1, &[A]).await;
    let mut client = family.stage.client();
    client.legacy("subscribe", &family.hash, &[A]);
    client.requests("subscribe", &family.masters, &of("state", Some(&[A]), r#","format":"compact""#));
    family.stage.report(A, 10).await;
    family.unbind(&[A]).await;
    family.stage.report(A, 20).await;
    let texts = client.due_texts();
    let is_compact = |text: &String| !text.contains("\"inputs\"");
    assert_eq!(texts.iter().map(is_compact).collect::<Vec<_>>(), [true, true], "{texts:?}");
}

#[tokio::test]
async fn a_batch_that_gathered_before_is_sent_without_what_was_lost() {
    let family = Family::new(2, &[A, B]).await;
    let mut client = family.stage.client();
    client.requests("subscribe", &family.hash, &of("state_batch", None, r#","rate_limit":"5s""#));
    family.stage.report(A, 10).await;
    family.stage.report(B, 20).await;
    assert_eq!(client.due(), [""; 0]);
    family.unbind(&[A]).await;
    family.stage.wait_ms(5000);
    assert_eq!(client.due(), ["batch 2@20"]);
    family.unbind(&[B]).await;
    family.stage.report(B, 30).await;
    family.stage.wait_ms(5000);
    assert_eq!(client.due(), [""; 0], "nothing is left, and no empty batch is sent");
}

#[tokio::test]
async fn readings_that_gathered_before_are_sent_without_what_was_lost() {
    let family = Family::new(2, &[A, B]).await;
    let mut client = family.stage.client();
    client.requests("subscribe", &family.hash, &of("readings_batch", None, r#","rate_limit":"5s""#));
    family.stage.values(A, &[(BATTERY, Value::Int(80))]).await;
    family.stage.values(B, &[(BATTERY, Value::Int(70))]).await;
    family.unbind(&[A]).await;
    family.stage.wait_ms(5000);
    assert_eq!(client.due(), ["readings 2[states battery_level=70]"]);
    family.unbind(&[B]).await;
    family.stage.set_odometer(B, 5.0).await;
    family.stage.wait_ms(5000);
    assert_eq!(client.due(), [""; 0]);
}

#[tokio::test]
async fn last_messages_are_not_shown_of_what_was_lost() {
    let family = Family::new(2, &[A, B]).await;
    family.stage.report(A, 5).await;
    family.stage.report(B, 6).await;
    let mut client = family.stage.client();
    let mut said = client.requests("subscribe", &family.hash, &of("iot_monitor", None, r#","rate_limit":"5s""#));
    if said.len() == 1 {
        said.extend(client.due_in_time().await);
    }
    assert_eq!(said[1..], ["messages 1[5] 2[6]"]);
    family.stage.report(A, 15).await;
    family.stage.report(B, 16).await;
    family.unbind(&[A]).await;
    family.stage.report(A, 25).await;
    family.stage.wait_ms(5000);
    assert_eq!(client.due(), ["messages 2[16,6]"]);
    let statuses = client.requests("subscribe", &family.hash, &of("iot_monitor", Some(&[A]), ""));
    assert_eq!(statuses, [format!(r#"ok {{"iot_monitor":{{"success":true,"value":{{"{A}":"disallowed"}}}}}}"#)]);
}

#[tokio::test]
async fn a_tracker_that_was_lost_while_blocked_is_not_heard_of_again() {
    let family = Family::new(1, &[A]).await;
    let mut client = family.stage.client();
    for event in ["state", "state_batch", "readings_batch"] {
        client.requests("subscribe", &family.hash, &of(event, Some(&[A]), r#","rate_limit":"1s""#));
    }
    family.stage.wait_ms(1000);
    family.stage.block(A, true).await;
    family.stage.report(A, 10).await;
    assert_eq!(client.due(), ["block 1"]);
    family.unbind(&[A]).await;
    family.stage.block(A, false).await;
    family.stage.report(A, 20).await;
    family.stage.wait_ms(1000);
    assert_eq!(client.due(), [""; 0]);
}

#[tokio::test]
async fn all_follows_what_is_bound_and_a_list_does_not() {
    let family = Family::new(2, &[A]).await;
    let (mut all, mut named) = (family.stage.client(), family.stage.client());
    all.requests("subscribe", &family.hash, &of("state", None, ""));
    named.legacy("subscribe", &family.hash, &[A, B]);
    family.bind(&[B]).await;
    family.stage.report(B, 10).await;
    assert_eq!((all.due(), named.due()), (vec!["state 2@10".to_owned()], vec![]));
    family.unbind(&[A, B]).await;
    family.bind(&[A]).await;
    family.stage.report(A, 20).await;
    family.stage.report(B, 30).await;
    // Lost and gained before either of them looked.
    assert_eq!((all.due(), named.due()), (vec!["state 1@20".to_owned()], vec![]));
    assert_eq!(named.legacy("subscribe", &family.hash, &[A])[1..], ["state 1@20"]);
    // What is registered by the master is not the sub-user's.
    let new = family.stage.register().await;
    family.stage.report(new.0, 40).await;
    assert_eq!(all.due(), [""; 0]);
}

#[tokio::test]
async fn many_gains_and_losses_at_a_time_come_out_right() {
    let family = Family::new(120, &[]).await;
    let numbers: Vec<u32> = (FIRST..FIRST + 120).collect();
    let mut client = family.stage.client();
    client.requests("subscribe", &family.hash, &of("state_batch", None, r#","rate_limit":"1s""#));
    client.requests("unsubscribe", &family.hash, &of("state_batch", Some(&[C]), ""));
    family.bind(&numbers).await;
    family.unbind(&numbers[..100]).await;
    family.bind(&[A, B, C]).await;
    family.stage.report(B, 10).await;
    family.stage.wait_ms(1000);
    let said = client.due();
    let batch = said[0].strip_prefix("batch ").expect("a batch");
    let mut seen: Vec<&str> = batch.split(' ').collect();
    seen.sort_unstable_by_key(|state| state.split('@').next().and_then(|n| n.parse::<u32>().ok()));
    let expected: Vec<String> =
        [1, 2, 3].into_iter().chain(101..=120).map(|n| format!("{n}@{}", if n == 2 { 10 } else { 0 })).collect();
    assert_eq!((said.len(), seen), (1, expected.iter().map(String::as_str).collect()));
    family.unbind(&numbers).await;
    for number in [A, B, 119 + FIRST] {
        family.stage.report(number, 20).await;
    }
    family.stage.wait_ms(1000);
    assert_eq!(client.due(), [""; 0]);
    assert!(client.session.holds.iter().flat_map(|h| &h.subscriptions).all(|s| s.len() == 0), "nothing is kept");
}

#[tokio::test]
async fn who_is_blocked_or_deleted_or_loses_its_master_is_logged_out() {
    let family = Family::new(1, &[A]).await;
    let (stage, sub, user) = (&family.stage, family.sub, family.stage.user);
    let fleet = stage.fleet.clone();
    let master = stage.session(&family.masters);
    let mut masters = stage.client();
    masters.legacy("subscribe", &family.masters, &[A]);
    let activate = async |on: bool| fleet.update_subuser(&master, sub, move |s| s.activated = on, stage.now()).await;
    for way in ["blocked", "its master blocked", "deleted"] {
        let hash = if way == "deleted" {
            let master = stage.session(&stage.hash().await);
            let made = fleet.create_subuser_session(&master, sub, stage.now()).await;
            made.expect("a session").as_str().to_owned()
        } else {
            family.session().await
        };
        let mut client = stage.client();
        client.legacy("subscribe", &hash, &[A]);
        client.requests("subscribe", &hash, &of("state_batch", None, ""));
        stage.report(A, 10).await;
        match way {
            "blocked" => {
                activate(false).await.expect("blocked");
                activate(true).await.expect("unblocked");
                assert_eq!(masters.due(), ["state 1@10"]);
            }
            "deleted" => {
                let master = stage.session(&stage.hash().await);
                fleet.delete_subuser(&master, sub, stage.now()).await.expect("deleted");
            }
            _ => {
                for on in [false, true] {
                    fleet
                        .update_user(&stage.panel, user, move |u| u.activated = on, stage.now())
                        .await
                        .expect("changed");
                }
                assert_eq!(masters.due(), [r#"logout "session closed""#]);
            }
        }
        stage.report(A, 20).await;
        assert_eq!(client.due(), [r#"logout "session closed""#], "{way}");
        assert_eq!(client.legacy("subscribe", &hash, &[A]), ["error 4"], "{way}");
    }
}

#[tokio::test]
async fn who_comes_back_is_told_of_what_it_saw() {
    let family = Family::new(3, &[A, B]).await;
    let mut client = family.stage.client_with("X-Atmosphere-tracking-id=0&X-atmo-protocol=true");
    let id = client.opened()[0].split('|').next().expect("an id").to_owned();
    client.legacy("subscribe", &family.hash, &[A, B]);
    drop(client);
    family.unbind(&[A]).await;
    for tracker in [A, B, C] {
        family.stage.corrupt(tracker).await;
    }
    let mut back = family.stage.client_with(&format!("X-Atmosphere-tracking-id={id}&X-atmo-protocol=true"));
    back.opened();
    let said = back.requests("subscribe", &family.hash, &of("state", None, ""));
    assert_eq!(said[1..], ["corrupt 2"]);
}
