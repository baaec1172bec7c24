//! Random operations on what the office keeps, between others on trackers and users: the memory copy is what a reopened
//! fleet loads, and the index of vehicles, drivers and forms is what a look at all of them finds.

use std::collections::HashMap;

use model::{TrackerId, UserId};
use proptest::prelude::*;

use super::{Stage, at, new_user, ngp};
use crate::{DriverEdit, FIRST_VEHICLE, FormEdit, FormField, FormFieldKind, Keeper, VehicleEdit};

#[derive(Clone, Debug)]
enum Op {
    Register(u8, u8),
    Clone(u8, u8),
    Move(u8, u8),
    Remove(u8),
    RemoveUser(u8),
    SetVehicle(u8),
    DeleteVehicle(u8),
    CreateDriver(u8, Option<u8>),
    UpdateDriver(u8, Option<u8>),
    DeleteDriver(u8),
    CreateText(u8, Option<u8>),
    DeleteText(u8, u8),
    CreateForm(u8),
    DeleteForm(u8),
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..3u8, 0..6u8).prop_map(|(user, device)| Op::Register(user, device)),
        3 => (any::<u8>(), 0..3u8).prop_map(|(tracker, user)| Op::Clone(tracker, user)),
        3 => (any::<u8>(), 0..3u8).prop_map(|(tracker, user)| Op::Move(tracker, user)),
        1 => any::<u8>().prop_map(Op::Remove),
        1 => (0..3u8).prop_map(Op::RemoveUser),
        3 => any::<u8>().prop_map(Op::SetVehicle),
        1 => any::<u8>().prop_map(Op::DeleteVehicle),
        4 => (0..3u8, any::<Option<u8>>()).prop_map(|(user, tracker)| Op::CreateDriver(user, tracker)),
        4 => (0..8u8, any::<Option<u8>>()).prop_map(|(driver, tracker)| Op::UpdateDriver(driver, tracker)),
        1 => (0..8u8).prop_map(Op::DeleteDriver),
        2 => (0..3u8, prop::option::of(0..5u8)).prop_map(|(user, number)| Op::CreateText(user, number)),
        1 => (0..3u8, 0..5u8).prop_map(|(user, number)| Op::DeleteText(user, number)),
        2 => (0..3u8).prop_map(Op::CreateForm),
        1 => (0..5u8).prop_map(Op::DeleteForm),
        1 => Just(Op::Reopen),
    ]
}

struct World {
    stage: Stage,
    users: Vec<UserId>,
    trackers: Vec<TrackerId>,
    /// The highest number that a vehicle ever had.
    last_vehicle: u32,
}

impl World {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let mut users = Vec::new();
        for name in ["ann", "bob", "eve"] {
            users.push(stage.user(&format!("{name}@example.com")).await);
        }
        Self { stage, users, trackers: vec![], last_vehicle: FIRST_VEHICLE - 1 }
    }

    /// Does the operation. Whether it is refused does not matter here: what it leaves behind does.
    async fn apply(&mut self, op: Op) {
        let (fleet, panel, now) = (self.stage.fleet.clone(), self.stage.panel, at(5));
        let keeper = Keeper::Panel(&panel);
        let user = |n: u8| self.users[usize::from(n)];
        let tracker = |n: u8| self.trackers.get(usize::from(n) % self.trackers.len().max(1)).copied();
        let tracker = |n: u8| tracker(n).unwrap_or(TrackerId(7));
        let driver = |tracker_no: Option<u8>| DriverEdit {
            name: "Bo".into(),
            card: String::new(),
            tracker: tracker_no.map(tracker),
        };
        match op {
            Op::Register(n, device) => {
                let Ok(hash) = fleet.create_user_session(&panel, user(n), now).await else { return };
                let session = fleet.authorize(hash.as_str(), now).expect("live");
                let made = fleet.register_tracker(&session, ngp(&format!("unit-{device}")), now).await;
                self.trackers.extend(made.map(|tracker| tracker.id));
            }
            Op::Clone(n, to) => {
                let made = fleet.clone_tracker(&panel, tracker(n), user(to), "Theirs".into(), now).await;
                self.trackers.extend(made);
            }
            Op::Move(n, to) => {
                let made = fleet.move_tracker(&panel, tracker(n), user(to), now).await;
                self.trackers.extend(made);
            }
            Op::Remove(n) => drop(fleet.panel_corrupt_tracker(&panel, tracker(n), true).await),
            Op::RemoveUser(n) => {
                let login = fleet.user(user(n)).map(|user| user.login.clone()).unwrap_or_default();
                drop(fleet.corrupt_user(&panel, user(n), &login, true, now).await);
                // Another takes its place, once in a while under the same login.
                let made = fleet.create_user(&panel, new_user(&login), now).await;
                self.users[usize::from(n)] = made.unwrap_or(user(n));
            }
            Op::SetVehicle(n) => {
                let edit = VehicleEdit { plate: format!("AA-{n}"), ..VehicleEdit::default() };
                drop(fleet.set_vehicle(keeper, tracker(n), edit).await);
            }
            Op::DeleteVehicle(n) => drop(fleet.delete_vehicle(keeper, tracker(n)).await),
            Op::CreateDriver(n, on) => drop(fleet.create_driver(keeper, user(n), driver(on)).await),
            Op::UpdateDriver(id, on) => drop(fleet.update_driver(keeper, id.into(), driver(on)).await),
            Op::DeleteDriver(id) => drop(fleet.delete_driver(keeper, id.into()).await),
            Op::CreateText(n, number) => {
                let number = number.map(u32::from);
                drop(fleet.create_predefined_text(keeper, user(n), number, "On my way".into()).await);
            }
            Op::DeleteText(n, number) => {
                drop(fleet.delete_predefined_text(keeper, user(n), number.into()).await);
            }
            Op::CreateForm(n) => {
                let fields = vec![FormField { label: "To".into(), kind: FormFieldKind::Text, required: n == 1 }];
                drop(fleet.create_form(keeper, user(n), FormEdit { name: "Delivery".into(), fields }).await);
            }
            Op::DeleteForm(id) => drop(fleet.delete_form(keeper, id.into()).await),
            Op::Reopen => {
                drop(fleet);
                self.reopen().await;
            }
        }
    }

    async fn reopen(&mut self) {
        let before = std::mem::take(&mut *self.stage.fleet.shared.memory_mut());
        self.stage.reopen(at(5)).await;
        assert_eq!(*self.stage.fleet.shared.memory(), before);
    }

    fn check(&mut self) {
        let memory = self.stage.fleet.shared.memory();
        let is_there = |id: TrackerId| memory.trackers.get(&id).is_some_and(|t| !t.corrupted);
        let mut vehicles = HashMap::new();
        for vehicle in memory.entities.vehicles.iter() {
            assert!(is_there(vehicle.tracker()), "{vehicle:?}");
            assert_eq!(vehicles.insert(vehicle.tracker(), vehicle.id), None, "{vehicle:?}");
            self.last_vehicle = self.last_vehicle.max(vehicle.id);
        }
        let mut drivers = HashMap::new();
        for driver in memory.entities.drivers.iter() {
            assert!(memory.user(driver.owner()).is_some_and(|owner| !owner.removed), "{driver:?}");
            let Some(id) = driver.tracker() else { continue };
            assert!(is_there(id) && memory.trackers[&id].user == driver.owner() && !memory.trackers[&id].clone);
            assert_eq!(drivers.insert(id, driver.id), None, "{driver:?}");
        }
        for id in &self.trackers {
            let found = (memory.vehicle_of(*id).map(|v| v.id), memory.driver_of(*id).map(|d| d.id));
            assert_eq!(found, (vehicles.get(id).copied(), drivers.get(id).copied()), "{id}");
        }
        for form in memory.entities.forms.iter() {
            assert!(memory.user(form.owner()).is_some_and(|owner| !owner.removed), "{form:?}");
        }
        for user in memory.users.keys() {
            let drivers = memory.entities.drivers.iter().filter(|d| d.owner() == *user).map(|d| d.id);
            assert!(memory.index.drivers_of(*user).eq(drivers), "{user}");
            let forms = memory.entities.forms.iter().filter(|f| f.owner() == *user).map(|f| f.id);
            assert!(memory.index.forms_of(*user).eq(forms), "{user}");
        }
        // A number that was given is below the next, whoever has gone since.
        assert!(memory.entities.vehicles.next_id() > self.last_vehicle || self.last_vehicle < FIRST_VEHICLE);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_the_office_keeps_is_what_the_catalog_holds(ops in prop::collection::vec(op(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let mut world = World::new().await;
            for op in ops {
                world.apply(op).await;
                world.check();
            }
            world.reopen().await;
            world.check();
        });
    }
}
