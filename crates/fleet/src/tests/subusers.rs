use model::{TrackerId, UserId};

use super::{PASSWORD, Stage, at, cheap, ngp};
use crate::{
    Access, Address, EndCause, Field, FleetEvent, FleetOptions, HashError, Invalid, LegalType, LoginError, NewTracker,
    Problem, RegisterError, Right, Rights, Session, SessionError, SubuserEdit, SubuserError, TrackerEdit, UserError,
    UserProfile, UserQuery,
};

const SUB_PASSWORD: &str = "secret";

fn fields(login: &str) -> SubuserEdit {
    SubuserEdit {
        login: login.into(),
        activated: true,
        profile: UserProfile { first_name: "Bo".into(), last_name: "Ek".into(), ..UserProfile::default() },
        security_group: None,
    }
}

/// A master with two trackers and a sub-user.
struct Family {
    stage: Stage,
    master: Session,
    sub: UserId,
    van: TrackerId,
    bike: TrackerId,
}

impl Family {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let master = stage.user("ann@example.com").await;
        let master = stage.session(master, at(1)).await;
        let van = stage.register(&master, "unit-000001").await.id;
        let bike = stage.register(&master, "unit-000002").await.id;
        let sub = stage.fleet.create_subuser(&master, fields("bo@example.com"), SUB_PASSWORD, at(1)).await;
        let family = Self { sub: sub.expect("made"), stage, master, van, bike };
        family.stage.events();
        family
    }

    async fn session(&self) -> Session {
        let hash = self.stage.fleet.create_subuser_session(&self.master, self.sub, at(2)).await.expect("a session");
        self.stage.fleet.authorize(hash.as_str(), at(2)).expect("live")
    }

    async fn bind(&self, trackers: &[TrackerId]) {
        self.stage.fleet.bind_trackers(&self.master, self.sub, trackers.to_vec()).await.expect("bound");
    }

    async fn unbind(&self, trackers: &[TrackerId]) {
        self.stage.fleet.unbind_trackers(&self.master, self.sub, trackers.to_vec()).await.expect("unbound");
    }

    fn source(&self, tracker: TrackerId) -> model::SourceId {
        self.stage.fleet.tracker(&self.master, tracker).expect("seen").source.source
    }

    fn seen(&self, session: &Session) -> Vec<TrackerId> {
        self.stage.fleet.trackers(session).iter().map(|t| t.id).collect()
    }

    async fn group(&self, rights: &[Right]) -> u32 {
        let rights = rights.iter().copied().collect();
        let group = self.stage.fleet.create_security_group(&self.master, "Drivers".into(), rights).await.expect("made");
        let members = vec![self.sub];
        self.stage.fleet.assign_security_group(&self.master, Some(group), members).await.expect("assigned");
        group
    }
}

#[tokio::test]
async fn a_sub_user_sees_what_is_bound_to_it() {
    let mut family = Family::new().await;
    let session = family.session().await;
    assert_eq!((session.user, session.owner), (family.sub, family.master.user));
    assert!(session.is_subuser() && !family.master.is_subuser());
    let (van, bike) = (family.van, family.bike);
    assert_eq!(family.stage.fleet.access(&session, van), Access::Disallowed);
    assert_eq!(family.stage.fleet.access(&session, TrackerId(1)), Access::Unknown);
    assert_eq!(family.seen(&session), []);
    family.bind(&[bike, van]).await;
    family.unbind(&[bike]).await;
    family.stage.reopen(at(3)).await;
    let fleet = &family.stage.fleet;
    assert_eq!(fleet.access(&session, van), Access::Normal(family.source(van)));
    assert_eq!(fleet.access(&session, bike), Access::Disallowed);
    assert_eq!(family.seen(&session), [van]);
    assert_eq!(fleet.tracker(&session, van).map(|t| t.id), Some(van));
    assert_eq!((fleet.tracker(&session, bike), fleet.owned_tracker(&session, bike)), (None, None));
    assert_eq!(family.seen(&family.master), [van, bike]);
    assert_eq!(fleet.subuser_trackers(&family.master, family.sub), Ok(vec![van]));
    fleet.set_source_blocked(&family.stage.panel, van, true).await.expect("blocked");
    assert_eq!(fleet.access(&session, van), Access::Blocked(family.source(van)));
    fleet.panel_corrupt_tracker(&family.stage.panel, van, true).await.expect("removed");
    assert_eq!(fleet.access(&session, van), Access::Unknown);
    assert!(fleet.owned_tracker(&session, van).is_some_and(|t| t.corrupted), "it did see it");
}

#[tokio::test]
async fn gains_and_losses_are_told_to_those_concerned() {
    let family = Family::new().await;
    let fleet = &family.stage.fleet;
    let (tracker, user, owner) = (family.van, family.sub, family.master.user);
    let source = family.source(tracker);
    let added = |user| FleetEvent::TrackerAdded { tracker, source, user };
    family.bind(&[tracker]).await;
    family.bind(&[tracker]).await;
    assert_eq!(family.stage.events(), [added(user)], "once");
    let hide = |hidden| TrackerEdit { hidden: Some(hidden), ..TrackerEdit::default() };
    fleet.update_tracker(&family.stage.panel, tracker, hide(true)).await.expect("hidden");
    assert_eq!(family.stage.events(), [FleetEvent::TrackerRemoved { tracker, source, user: owner }]);
    fleet.update_tracker(&family.stage.panel, tracker, hide(false)).await.expect("shown");
    assert_eq!(family.stage.events(), [added(owner), added(user)]);
    family.unbind(&[tracker, family.bike]).await;
    family.unbind(&[tracker]).await;
    assert_eq!(family.stage.events(), [FleetEvent::AccessLost { tracker, source, user }]);
    // What is hidden can be taken away as well, and does not come back with being shown.
    family.bind(&[tracker]).await;
    fleet.update_tracker(&family.stage.panel, tracker, hide(true)).await.expect("hidden");
    family.unbind(&[tracker]).await;
    family.stage.events();
    fleet.update_tracker(&family.stage.panel, tracker, hide(false)).await.expect("shown");
    assert_eq!(family.stage.events(), [added(owner)]);
}

#[tokio::test]
async fn who_registers_a_tracker_sees_it() {
    let family = Family::new().await;
    let session = family.session().await;
    let van = family.stage.register(&session, "unit-000003").await;
    assert_eq!((van.user, family.seen(&session)), (family.master.user, vec![van.id]));
    let (tracker, source) = (van.id, van.source.source);
    let added = |user| FleetEvent::TrackerAdded { tracker, source, user };
    let told = [FleetEvent::SourceAdded(van.source.clone()), added(family.master.user), added(family.sub)];
    assert_eq!(family.stage.events()[1..], told[1..]);
    // It may take back its own, and nothing else.
    assert!(family.stage.fleet.corrupt_tracker(&session, tracker).await.is_ok());
    let foreign = family.stage.fleet.corrupt_tracker(&session, family.van).await;
    assert_eq!(foreign, Err(crate::CorruptError::NotFound));
}

#[tokio::test]
async fn groups_of_trackers_are_seen_with_their_trackers() {
    let family = Family::new().await;
    let (fleet, session) = (&family.stage.fleet, family.session().await);
    let north = fleet.create_group(&family.master, "North".into(), "1E90FF".into()).await.expect("made");
    let south = fleet.create_group(&family.master, "South".into(), "1E90FF".into()).await.expect("made");
    fleet.assign_group(&family.master, north, vec![family.van]).await.expect("assigned");
    fleet.assign_group(&family.master, south, vec![family.bike]).await.expect("assigned");
    assert_eq!(fleet.groups(&session), []);
    family.bind(&[family.van]).await;
    assert_eq!(fleet.groups(&session).iter().map(|g| g.id).collect::<Vec<_>>(), [north]);
    assert_eq!(fleet.groups(&family.master).len(), 2);
    let into = |group, device| NewTracker { group, ..ngp(device) };
    let unseen = fleet.register_tracker(&session, into(south, "unit-000003"), at(2)).await;
    assert_eq!(unseen.err(), Some(RegisterError::UnknownGroup));
    assert!(fleet.register_tracker(&session, into(north, "unit-000004"), at(2)).await.is_ok());
}

#[tokio::test]
async fn a_sub_user_logs_in_as_itself_while_it_and_its_master_may() {
    let family = Family::new().await;
    let fleet = &family.stage.fleet;
    let login = async || fleet.login("BO@example.com", SUB_PASSWORD, at(3)).await;
    let hash = login().await.expect("logged in");
    let session = fleet.authorize(hash.as_str(), at(3)).expect("live");
    assert_eq!((session.user, session.zone.name()), (family.sub, "Europe/Berlin"));
    let activate =
        async |on: bool| fleet.update_subuser(&family.master, family.sub, move |s| s.activated = on, at(3)).await;
    family.stage.events();
    activate(true).await.expect("changed");
    assert_eq!(family.stage.events(), []);
    activate(false).await.expect("changed");
    let ended = FleetEvent::SessionEnded { session: session.id, cause: EndCause::UserDeactivated };
    assert_eq!(family.stage.events(), [ended]);
    assert_eq!(fleet.authorize(hash.as_str(), at(3)), Err(HashError::Ended));
    assert_eq!(login().await.err(), Some(LoginError::NotActivated));
    let opened = fleet.create_subuser_session(&family.master, family.sub, at(3)).await;
    assert_eq!(opened.err(), Some(SessionError::NotActivated));
    let late = fleet.register_tracker(&session, ngp("unit-000003"), at(3)).await;
    assert_eq!(late.err(), Some(RegisterError::SessionEnded));
    activate(true).await.expect("changed");
    let again = fleet.authorize(login().await.expect("logged in").as_str(), at(3)).expect("live");

    let master = family.master.user;
    family.stage.events();
    let block = async |on: bool| fleet.update_user(&family.stage.panel, master, move |u| u.activated = on, at(4)).await;
    block(false).await.expect("changed");
    let ended = |session: &Session| FleetEvent::SessionEnded { session: session.id, cause: EndCause::UserDeactivated };
    assert_eq!(family.stage.events(), [ended(&family.master), ended(&again)]);
    assert_eq!(login().await.err(), Some(LoginError::NotActivated), "its master may not");
    // A call that was let in just before finds its master gone.
    let late = fleet.bind_trackers(&family.master, family.sub, vec![family.van]).await;
    assert_eq!(late, Err(SubuserError::NotPermitted));
    block(true).await.expect("changed");
    assert!(login().await.is_ok());
}

#[tokio::test]
async fn a_deleted_sub_user_leaves_nothing_but_its_id() {
    let mut family = Family::new().await;
    family.bind(&[family.van]).await;
    let session = family.session().await;
    family.stage.events();
    family.stage.fleet.delete_subuser(&family.master, family.sub, at(3)).await.expect("deleted");
    let ended = FleetEvent::SessionEnded { session: session.id, cause: EndCause::UserRemoved };
    assert_eq!(family.stage.events(), [ended]);
    family.stage.reopen(at(4)).await;
    let fleet = &family.stage.fleet;
    assert_eq!(fleet.access(&session, family.van), Access::Disallowed, "whoever kept its session sees nothing");
    assert_eq!((family.seen(&session), fleet.subusers(&family.master)), (vec![], vec![]));
    assert_eq!(fleet.login("bo@example.com", SUB_PASSWORD, at(4)).await.err(), Some(LoginError::WrongLoginOrPassword));
    let gone = fleet.subuser_trackers(&family.master, family.sub);
    assert_eq!(gone, Err(SubuserError::NotFound));
    let next = fleet.create_subuser(&family.master, fields("bo@example.com"), SUB_PASSWORD, at(5)).await;
    assert_eq!(next, Ok(UserId(family.sub.0 + 1)), "the login is free, the id is not");
}

#[tokio::test]
async fn a_removed_master_takes_its_sub_users_along() {
    let mut family = Family::new().await;
    family.bind(&[family.van]).await;
    let session = family.session().await;
    family.stage.events();
    let (panel, master) = (family.stage.panel, family.master.user);
    family.stage.fleet.corrupt_user(&panel, master, "ann@example.com", true, at(3)).await.expect("removed");
    let ended = |session: &Session| FleetEvent::SessionEnded { session: session.id, cause: EndCause::UserRemoved };
    let told = family.stage.events();
    assert!(told.ends_with(&[ended(&family.master), ended(&session)]), "{told:?}");
    family.stage.reopen(at(4)).await;
    assert_eq!(family.stage.fleet.user(family.sub), None);
    assert_eq!(family.stage.fleet.access(&session, family.van), Access::Unknown);
    family.stage.user("bo@example.com").await;
}

#[tokio::test]
async fn administrators_leave_sub_users_to_their_masters() {
    let family = Family::new().await;
    let (fleet, panel, sub) = (&family.stage.fleet, &family.stage.panel, family.sub);
    assert_eq!(fleet.panel_user(panel, sub), None);
    assert_eq!(fleet.list_users(panel, &UserQuery::default()).count, 1);
    assert_eq!(fleet.update_user(panel, sub, |_| {}, at(3)).await, Err(UserError::NotFound));
    assert_eq!(fleet.change_password(panel, sub, PASSWORD, at(3)).await, Err(UserError::NotFound));
    assert_eq!(fleet.corrupt_user(panel, sub, "bo@example.com", true, at(3)).await, Err(UserError::NotFound));
    assert_eq!(fleet.create_user_session(panel, sub, at(3)).await.err(), Some(SessionError::NotFound));
}

#[tokio::test]
async fn rights_come_from_the_group_at_the_next_call() {
    let mut family = Family::new().await;
    let rights = |family: &Family, hash: &crate::SessionHash| {
        family.stage.fleet.authorize(hash.as_str(), at(3)).expect("live").rights
    };
    let hash = family.stage.fleet.create_subuser_session(&family.master, family.sub, at(2)).await.expect("a session");
    assert_eq!(family.master.rights, Rights::ALL);
    assert_eq!(rights(&family, &hash), Rights::NONE);
    let group = family.group(&[Right::Admin, Right::TagUpdate]).await;
    assert_eq!(rights(&family, &hash), Rights::NONE.with(Right::TagUpdate), "the master's own cannot be given");
    let more = Rights::NONE.with(Right::Reports).with(Right::Admin);
    let fleet = &family.stage.fleet;
    fleet.update_security_group(&family.master, group, "Office".into(), more).await.expect("changed");
    assert_eq!(rights(&family, &hash), Rights::NONE.with(Right::Reports));
    family.stage.reopen(at(3)).await;
    assert_eq!(rights(&family, &hash), Rights::NONE.with(Right::Reports));
    let fleet = &family.stage.fleet;
    let listed = fleet.security_groups(&family.master);
    assert_eq!(listed.iter().map(|g| (g.id, &*g.label)).collect::<Vec<_>>(), [(group, "Office")]);
    fleet.assign_security_group(&family.master, None, vec![family.sub]).await.expect("assigned");
    assert_eq!(rights(&family, &hash), Rights::NONE);
    fleet.assign_security_group(&family.master, Some(group), vec![family.sub]).await.expect("assigned");
    fleet.delete_security_group(&family.master, group).await.expect("deleted");
    assert_eq!(rights(&family, &hash), Rights::NONE);
    assert_eq!(fleet.subusers(&family.master)[0].security_group, None);
    family.stage.reopen(at(4)).await;
    assert_eq!(rights(&family, &hash), Rights::NONE);
}

#[tokio::test]
async fn nobody_reaches_another_masters_family() {
    let family = Family::new().await;
    let (fleet, stage) = (&family.stage.fleet, &family.stage);
    let stranger = stage.user("eve@example.com").await;
    let stranger = stage.session(stranger, at(2)).await;
    let theirs = stage.register(&stranger, "unit-000009").await.id;
    let group = family.group(&[Right::TagUpdate]).await;
    let sub = family.sub;
    let own = family.session().await;
    // A sub-user is no master, whatever it is asked to do.
    for (session, expected) in [(&stranger, SubuserError::NotFound), (&own, SubuserError::NotPermitted)] {
        let expected = || Err(expected.clone());
        assert_eq!(fleet.update_subuser(session, sub, |_| {}, at(3)).await, expected());
        assert_eq!(fleet.delete_subuser(session, sub, at(3)).await, expected());
        assert_eq!(fleet.bind_trackers(session, sub, vec![]).await, expected());
        assert_eq!(fleet.unbind_trackers(session, sub, vec![]).await, expected());
        assert_eq!(fleet.subuser_trackers(session, sub).map(|_| ()), expected());
        assert_eq!(fleet.update_security_group(session, group, "A".into(), Rights::NONE).await, expected());
        assert_eq!(fleet.delete_security_group(session, group).await, expected());
        assert_eq!(fleet.assign_security_group(session, None, vec![sub]).await, expected());
        assert_eq!(fleet.assign_security_group(session, Some(group), vec![]).await, expected());
        assert_eq!(fleet.create_subuser_session(session, sub, at(3)).await.err(), Some(SessionError::NotFound));
        assert_eq!((fleet.subusers(session), fleet.security_groups(session)), (vec![], vec![]));
        let placed = SubuserEdit { security_group: Some(group), ..fields("new@example.com") };
        assert_eq!(fleet.create_subuser(session, placed, SUB_PASSWORD, at(3)).await.map(|_| ()), expected());
    }
    let nested = fleet.create_subuser(&own, fields("new@example.com"), SUB_PASSWORD, at(3)).await;
    assert_eq!(nested, Err(SubuserError::NotPermitted));
    assert_eq!(fleet.create_security_group(&own, "A".into(), Rights::ALL).await, Err(SubuserError::NotPermitted));
    for tracker in [theirs, TrackerId(1)] {
        let mixed = vec![family.van, tracker];
        assert_eq!(fleet.bind_trackers(&family.master, sub, mixed.clone()).await, Err(SubuserError::UnknownTracker));
        assert_eq!(fleet.unbind_trackers(&family.master, sub, mixed).await, Err(SubuserError::UnknownTracker));
    }
    assert_eq!(family.seen(&own), [], "all or nothing");
}

#[tokio::test]
async fn fields_are_checked() {
    let stage = Stage::with(FleetOptions { subusers_per_user_max: 1, entities_max: 1, ..cheap() }).await;
    let master = stage.user("ann@example.com").await;
    let master = stage.session(master, at(1)).await;
    let create = async |change: fn(&mut SubuserEdit), password: &str| {
        let mut new = fields("bo@example.com");
        change(&mut new);
        stage.fleet.create_subuser(&master, new, password, at(1)).await.map(|_| ())
    };
    let invalid = |field, problem| Err(SubuserError::Invalid(Invalid { field, problem }));
    let short = |chars_min| Problem::TooShort { chars_min };
    let long = |chars_max| Problem::TooLong { chars_max };
    assert_eq!(create(|s| s.login = "bo".into(), SUB_PASSWORD).await, invalid(Field::Login, Problem::Form));
    assert_eq!(create(|_| {}, "short").await, invalid(Field::Password, short(6)));
    assert_eq!(create(|_| {}, &"x".repeat(21)).await, invalid(Field::Password, long(20)));
    assert_eq!(create(|s| s.profile.phone = "123456789".into(), SUB_PASSWORD).await, invalid(Field::Phone, short(10)));
    let number = |s: &mut SubuserEdit| s.profile.state_reg_num = "1".repeat(16);
    assert_eq!(create(number, SUB_PASSWORD).await, invalid(Field::StateRegNum, long(15)));
    assert_eq!(create(|s| s.security_group = Some(5), SUB_PASSWORD).await, Err(SubuserError::NotFound));
    assert_eq!(create(|s| s.login = "ANN@example.com".into(), SUB_PASSWORD).await, Err(SubuserError::LoginInUse));
    assert_eq!(create(|s| s.profile.phone = "4917012345".into(), SUB_PASSWORD).await, Ok(()));
    assert_eq!(create(|s| s.login = "cy@example.com".into(), SUB_PASSWORD).await, Err(SubuserError::TooMany));

    let sub = stage.fleet.subusers(&master)[0].id;
    let update = async |edit: fn(&mut SubuserEdit)| stage.fleet.update_subuser(&master, sub, edit, at(2)).await;
    assert_eq!(update(|s| s.login = "ann@example.com".into()).await, Err(SubuserError::LoginInUse));
    assert_eq!(update(|s| s.login = "BO@example.com".into()).await, Ok(()));
    assert_eq!(update(|s| s.profile.phone = "1".into()).await, invalid(Field::Phone, short(10)));
    assert_eq!(update(|s| s.security_group = Some(5)).await, Err(SubuserError::NotFound));
    let kind = |s: &mut SubuserEdit| s.profile.legal_type = LegalType::SoleTrader;
    assert_eq!(update(kind).await, invalid(Field::LegalType, Problem::Fixed));
    let post = |s: &mut SubuserEdit| s.profile.post = Address { city: "Oslo".into(), ..Address::default() };
    assert_eq!(update(post).await, Ok(()));
    let bo = &stage.fleet.subusers(&master)[0];
    assert_eq!((&*bo.login, &*bo.profile.phone, &*bo.profile.post.city), ("BO@example.com", "4917012345", "Oslo"));

    let group = async |label: &str| stage.fleet.create_security_group(&master, label.into(), Rights::NONE).await;
    assert_eq!(group(" ").await.map(|_| ()), invalid(Field::Label, Problem::Blank));
    let made = group("Drivers").await.expect("made");
    assert_eq!(group("Others").await, Err(SubuserError::TooMany));
    let renamed = stage.fleet.update_security_group(&master, made, "x".repeat(61), Rights::NONE).await;
    assert_eq!(renamed, invalid(Field::Label, long(60)));
}

#[tokio::test]
async fn a_token_sent_to_a_sub_user_s_former_address_opens_nothing() {
    let family = Family::new().await;
    let (fleet, sub) = (&family.stage.fleet, family.sub);
    let login = fleet.user(sub).expect("there").login.clone();
    let token = fleet.begin_restore(&login, at(5)).await.expect("made").hash;
    let opens = || fleet.authorize_password_change(token.as_str(), at(7)).map(|_| ());
    assert_eq!(opens(), Ok(()));
    let moved = |s: &mut SubuserEdit| s.login = "elsewhere@example.org".into();
    assert_eq!(fleet.update_subuser(&family.master, sub, moved, at(6)).await, Ok(()));
    assert_eq!(opens(), Err(HashError::Ended));
}
