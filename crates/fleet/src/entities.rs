//! Small things that hang on users and sources. Each kind is one row of the table at the end: its place in memory,
//! its word in the catalog, and the type that is stored as JSON. Fields that a newer server adds must have a default.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::catalog::{EntityRow, Write};

use crate::adoption::Adoption;
use crate::drivers::Driver;
use crate::error::FleetError;
use crate::extras::TrackerExtras;
use crate::forms::FormTemplate;
use crate::groups::Group;
use crate::phones::StoredCode;
use crate::predefined_texts::PredefinedTexts;
use crate::security_groups::SecurityGroup;
use crate::sensors::StoredSensor;
use crate::tags::Tag;
use crate::ui_settings::UiSettings;
use crate::vehicles::Vehicle;

/// What can stand in the catalog as an entity.
pub(crate) trait Stored: Serialize + DeserializeOwned {
    /// Its id, unique within its kind.
    fn id(&self) -> u32;
}

/// All entities of a kind, by id.
#[derive(PartialEq, Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<u32, Arc<T>>,
    last: u32,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), last: 0 }
    }
}

impl<T> Table<T> {
    pub(crate) fn get(&self, id: u32) -> Option<&Arc<T>> {
        self.rows.get(&id)
    }

    /// In the order of ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// An id that nothing of this kind ever had.
    pub(crate) fn next_id(&self) -> u32 {
        self.last + 1
    }

    fn put(&mut self, id: u32, row: Arc<T>) {
        self.last = self.last.max(id);
        self.rows.insert(id, row);
    }
}

macro_rules! entities {
    ($($table:ident: $type:ident $kind:literal)*) => {
        /// An entity as it is to be stored.
        #[derive(Clone, Debug)]
        pub(crate) enum Entity {
            $($type(Arc<$type>),)*
        }

        /// The kinds of entities.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum EntityKind {
            $($type,)*
        }

        /// All entities, by kind.
        #[derive(Default, PartialEq, Debug)]
        pub(crate) struct Entities {
            $(pub(crate) $table: Table<$type>,)*
        }

        impl EntityKind {
            const fn word(self) -> &'static str {
                match self {
                    $(Self::$type => $kind,)*
                }
            }
        }

        $(impl From<$type> for Entity {
            fn from(entity: $type) -> Self {
                Self::$type(Arc::new(entity))
            }
        })*

        impl Entity {
            fn row(&self) -> EntityRow {
                match self {
                    $(Self::$type(e) => row($kind, &**e),)*
                }
            }

            /// An entity as it was stored.
            pub(crate) fn read(row: &EntityRow) -> Result<Self, FleetError> {
                let misfit = FleetError::Row { table: "entities", id: row.id.into() };
                match row.kind.as_str() {
                    $($kind => serde_json::from_str::<$type>(&row.body).map(Self::from).map_err(|_| misfit),)*
                    _ => Err(misfit),
                }
            }
        }

        impl Entities {
            pub(crate) fn put(&mut self, entity: Entity) {
                match entity {
                    $(Entity::$type(e) => self.$table.put(e.id(), e),)*
                }
            }

            pub(crate) fn remove(&mut self, kind: EntityKind, id: u32) {
                match kind {
                    $(EntityKind::$type => {
                        self.$table.rows.remove(&id);
                    })*
                }
            }

            /// Takes in the highest id that a kind ever had.
            pub(crate) fn note_last(&mut self, kind: &str, last: u32) {
                match kind {
                    $($kind => self.$table.last = self.$table.last.max(last),)*
                    _ => {}
                }
            }
        }
    };
}

entities! {
    adoptions: Adoption "adoption"
    drivers: Driver "driver"
    forms: FormTemplate "form"
    groups: Group "tracker_group"
    pairing_codes: StoredCode "pairing_code"
    predefined_texts: PredefinedTexts "predefined_texts"
    security_groups: SecurityGroup "security_group"
    sensors: StoredSensor "sensor"
    tags: Tag "tag"
    extras: TrackerExtras "tracker_extras"
    ui_settings: UiSettings "ui_settings"
    vehicles: Vehicle "vehicle"
}

fn row(kind: &str, entity: &impl Stored) -> EntityRow {
    // Our own values have only text keys and finite numbers, so that writing them cannot fail.
    EntityRow { kind: kind.to_owned(), id: entity.id(), body: serde_json::to_string(entity).unwrap_or_default() }
}

impl Entity {
    pub(crate) fn to_write(&self) -> Write {
        Write::Entity(self.row())
    }
}

impl EntityKind {
    pub(crate) fn to_removal(self, id: u32) -> Write {
        Write::EntityRemoved { kind: self.word().to_owned(), id }
    }
}
