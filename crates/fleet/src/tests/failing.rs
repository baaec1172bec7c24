//! A catalog that fails: nothing may be half done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use storage::catalog::{Catalog, CatalogError, Contents, SqliteCatalog, Write};

use super::{Stage, at, cheap, listen, new_user, ngp};
use crate::memory::Memory;
use crate::{
    ApiKeyError, CorruptError, DriverEdit, Failure, Fleet, FormEdit, FormField, FormFieldKind, Keeper, LoginError,
    OfficeError, PairError, PasswordError, RegisterError, RenewError, RestoreError, SessidError, UserError,
    VehicleEdit,
};

struct Fragile {
    inner: SqliteCatalog,
    is_full: Arc<AtomicBool>,
}

impl Catalog for Fragile {
    fn load(&mut self) -> Result<Contents, CatalogError> {
        self.inner.load()
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), CatalogError> {
        match self.is_full.load(Ordering::Relaxed) {
            true => Err(CatalogError::Full),
            false => self.inner.commit(writes),
        }
    }
}

async fn stage() -> (Stage, Arc<AtomicBool>) {
    let mut stage = Stage::new().await;
    let is_full = Arc::new(AtomicBool::new(false));
    let dir = stage.dir.path().to_owned();
    let mut inner = SqliteCatalog::open(&dir.join("catalog.db")).expect("opened");
    let memory = Memory::load(inner.load().expect("read")).expect("fits");
    let catalog = Box::new(Fragile { inner, is_full: Arc::clone(&is_full) });
    stage.fleet = Fleet::with_catalog(&dir, catalog, memory, cheap(), at(0)).await.expect("opened");
    stage.events = listen(&stage.fleet);
    (stage, is_full)
}

#[tokio::test]
async fn a_write_that_fails_changes_and_tells_nothing() {
    let (stage, is_full) = stage().await;
    let ann = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let van = stage.register(&ann, "yard-unit-0007").await;
    let bound = stage.fleet.bind_sessid(&ann, None, at(1)).await.expect("bound");
    let code = stage.fleet.create_pairing_code(Keeper::Master(&ann), van.id, at(1)).await.expect("made");
    let (token, _) = stage.fleet.pair(code.code.expose(), "First", at(1)).await.expect("paired");
    let code = stage.fleet.create_pairing_code(Keeper::Master(&ann), van.id, at(1)).await.expect("made");
    stage.events();
    is_full.store(true, Ordering::Relaxed);
    let full = || Failure::Catalog(CatalogError::Full);
    let (fleet, panel) = (&stage.fleet, &stage.panel);
    let before = format!("{:?}", *fleet.shared.memory());
    assert_eq!(fleet.create_user(panel, new_user("bob@example.com"), at(2)).await, Err(UserError::Failed(full())));
    assert_eq!(
        fleet.corrupt_user(panel, ann.user, "ann@example.com", true, at(2)).await,
        Err(UserError::Failed(full()))
    );
    assert_eq!(fleet.login("ann@example.com", super::PASSWORD, at(2)).await, Err(LoginError::Failed(full())));
    assert_eq!(fleet.register_tracker(&ann, ngp("yard-unit-0008"), at(2)).await, Err(RegisterError::Failed(full())));
    assert_eq!(fleet.corrupt_tracker(&ann, van.id).await, Err(CorruptError::Failed(full())));
    assert_eq!(fleet.logout(ann.id, at(2)).await, Err(full()));
    assert_eq!(fleet.renew_session(&ann, at(2)).await, Err(RenewError::Failed(full())));
    assert_eq!(fleet.bind_sessid(&ann, None, at(2)).await, Err(SessidError::Failed(full())));
    assert_eq!(fleet.bind_sessid(&ann, Some(bound.sessid.expose()), at(2)).await, Err(SessidError::Failed(full())));
    assert_eq!(fleet.renew_sessid(bound.session, at(2)).await, Err(RenewError::Failed(full())));
    assert_eq!(fleet.set_device_commands(panel, ann.user, true).await, Err(UserError::Failed(full())));
    let phone = fleet.authorize_driver(token.expose(), at(2)).expect("paired");
    let keeper = Keeper::Master(&ann);
    assert_eq!(fleet.create_pairing_code(keeper, van.id, at(2)).await, Err(OfficeError::Failed(full())));
    assert_eq!(fleet.pair(code.code.expose(), "Second", at(2)).await, Err(PairError::Failed(full())));
    assert_eq!(fleet.unpair(keeper, phone.id).await, Err(OfficeError::Failed(full())));
    assert_eq!(fleet.leave(&phone).await, Err(full()));
    let plated = fleet.set_vehicle(keeper, van.id, VehicleEdit::default()).await;
    assert_eq!(plated, Err(OfficeError::Failed(full())));
    assert_eq!(fleet.delete_vehicle(keeper, van.id).await, Err(OfficeError::Failed(full())));
    let text = fleet.create_predefined_text(keeper, ann.user, None, "On my way".into()).await;
    assert_eq!(text, Err(OfficeError::Failed(full())));
    let form = FormEdit {
        name: "Delivery".into(),
        fields: vec![FormField { label: "To".into(), kind: FormFieldKind::Text, required: true }],
    };
    assert_eq!(fleet.create_form(keeper, ann.user, form).await, Err(OfficeError::Failed(full())));
    let bo = DriverEdit { name: "Bo".into(), tracker: Some(van.id), ..DriverEdit::default() };
    assert_eq!(fleet.create_driver(keeper, ann.user, bo).await, Err(OfficeError::Failed(full())));
    assert_eq!(fleet.create_api_key(&ann, "a".into(), at(2)).await, Err(ApiKeyError::Failed(full())));
    assert_eq!(fleet.begin_restore("ann@example.com", at(2)).await, Err(RestoreError::Failed(full())));
    let set = fleet.set_password(&ann, super::PASSWORD, "Red-Kite*42xx", at(2)).await;
    assert_eq!(set, Err(PasswordError::Failed(full())));
    assert_eq!(fleet.note_connected(vec![van.source.source]).await, Err(full()));
    assert_eq!(fleet.expire(at(90_000)).await, Err(CatalogError::Full));
    assert_eq!(format!("{:?}", *fleet.shared.memory()), before);
    assert_eq!(stage.events(), []);
    // With room again it goes on, and no id was lost.
    is_full.store(false, Ordering::Relaxed);
    assert_eq!(stage.register(&ann, "yard-unit-0008").await.id.0, van.id.0 + 1);
    assert!(stage.fleet.pair(code.code.expose(), "Second", at(2)).await.is_ok(), "nor was the code used up");
}

#[tokio::test]
async fn a_write_whose_caller_gives_up_is_done_all_the_same() {
    let stage = Stage::new().await;
    let ann = stage.session(stage.user("ann@example.com").await, at(1)).await;
    stage.events();
    {
        let mut write = Box::pin(stage.fleet.register_tracker(&ann, ngp("yard-unit-0007"), at(2)));
        let first = std::future::poll_fn(|cx| std::task::Poll::Ready(write.as_mut().poll(cx).is_pending())).await;
        assert!(first, "still under way");
    }
    // Writes are in order: when this one is done, so is the one before.
    let second = stage.register(&ann, "yard-unit-0008").await;
    let ids: Vec<_> = stage.fleet.trackers(&ann).iter().map(|t| t.id.0).collect();
    assert_eq!(ids, [second.id.0 - 1, second.id.0]);
    assert_eq!(stage.events().len(), 4);
}

#[tokio::test]
async fn a_listener_may_read_the_fleet_and_hold_it() {
    let stage = Stage::new().await;
    let ann = stage.session(stage.user("ann@example.com").await, at(1)).await;
    let (seen, fleet) = (Arc::new(std::sync::Mutex::new(Vec::new())), Arc::downgrade(&stage.fleet));
    let noted = Arc::clone(&seen);
    stage.fleet.on_event(Box::new(move |_| {
        let count = fleet.upgrade().map(|fleet| fleet.sources().len());
        noted.lock().expect("not poisoned").push(count);
    }));
    stage.register(&ann, "yard-unit-0007").await;
    assert_eq!(*seen.lock().expect("not poisoned"), [Some(1), Some(1)]);
}
