//! Texts that a master user writes for its drivers to choose from.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::UserId;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check;
use crate::entities::Stored;
use crate::error::{Field, Invalid, OfficeError, Problem};
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::keeper::Keeper;
use crate::memory::Memory;

/// The longest predefined text, in characters.
pub const PREDEFINED_TEXT_CHARS_MAX: usize = 500;
/// The highest number of a predefined text.
pub const PREDEFINED_NUMBER_MAX: u32 = 1_000_000_000;

/// A text for drivers to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PredefinedText {
    /// Its number, unique among its user's: 1 to [`PREDEFINED_NUMBER_MAX`].
    pub number: u32,
    /// What it says: 1 to [`PREDEFINED_TEXT_CHARS_MAX`] printable characters.
    pub text: String,
}

/// All texts of one user. They are few and small, so that they are stored together, under the user's number.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PredefinedTexts {
    user: u32,
    by_number: BTreeMap<u32, String>,
    /// The highest number that one of them ever had.
    last: u32,
}

impl Stored for PredefinedTexts {
    fn id(&self) -> u32 {
        self.user
    }
}

impl PredefinedTexts {
    fn list(&self) -> Vec<PredefinedText> {
        self.by_number.iter().map(|(number, text)| PredefinedText { number: *number, text: text.clone() }).collect()
    }

    /// The number that was asked for, or the next that none ever had.
    fn choose(&self, number: Option<u32>) -> Result<u32, OfficeError> {
        let invalid = |problem| OfficeError::Invalid(Invalid { field: Field::Number, problem });
        match number {
            None if self.last >= PREDEFINED_NUMBER_MAX => Err(OfficeError::TooMany),
            None => Ok(self.last + 1),
            Some(number) if !(1..=PREDEFINED_NUMBER_MAX).contains(&number) => {
                Err(invalid(Problem::OutOfRange { min: 1, max: PREDEFINED_NUMBER_MAX as i32 }))
            }
            Some(number) if self.by_number.contains_key(&number) => Err(invalid(Problem::Repeated)),
            Some(number) => Ok(number),
        }
    }
}

impl Memory {
    fn predefined_texts(&self, user: UserId) -> Option<&Arc<PredefinedTexts>> {
        self.entities.predefined_texts.get(user.0)
    }
}

fn check_text(text: &str) -> Result<(), Invalid> {
    check::line(text, PREDEFINED_TEXT_CHARS_MAX).map_err(|problem| Invalid { field: Field::Text, problem })
}

impl Fleet {
    /// The texts that the drivers of a master user may choose from, in the order of numbers.
    pub fn predefined_texts(&self, user: UserId) -> Vec<PredefinedText> {
        self.shared.memory().predefined_texts(user).map(|texts| texts.list()).unwrap_or_default()
    }

    /// The same, for who keeps them.
    pub fn list_predefined_texts(&self, keeper: Keeper<'_>, user: UserId) -> Result<Vec<PredefinedText>, OfficeError> {
        let scope = keeper.scope()?;
        let memory = self.shared.memory();
        scope.master(&memory, user)?;
        Ok(memory.predefined_texts(user).map(|texts| texts.list()).unwrap_or_default())
    }

    /// Adds a text, under the number given or else the next that none of the user's ever had; its number.
    pub async fn create_predefined_text(
        &self,
        keeper: Keeper<'_>,
        user: UserId,
        number: Option<u32>,
        text: String,
    ) -> Result<u32, OfficeError> {
        check_text(&text)?;
        let texts_max = self.options.predefined_texts_per_user_max;
        self.edit_predefined_texts(keeper, user, move |texts| {
            if texts.by_number.len() >= texts_max {
                return Err(OfficeError::TooMany);
            }
            let number = texts.choose(number)?;
            texts.last = texts.last.max(number);
            texts.by_number.insert(number, text);
            Ok(number)
        })
        .await
    }

    /// Lets a text say something else.
    pub async fn update_predefined_text(
        &self,
        keeper: Keeper<'_>,
        user: UserId,
        number: u32,
        text: String,
    ) -> Result<(), OfficeError> {
        check_text(&text)?;
        self.edit_predefined_texts(keeper, user, move |texts| {
            *texts.by_number.get_mut(&number).ok_or(OfficeError::NotFound)? = text;
            Ok(())
        })
        .await
    }

    /// Removes a text.
    pub async fn delete_predefined_text(
        &self,
        keeper: Keeper<'_>,
        user: UserId,
        number: u32,
    ) -> Result<(), OfficeError> {
        self.edit_predefined_texts(keeper, user, move |texts| {
            texts.by_number.remove(&number).map(drop).ok_or(OfficeError::NotFound)
        })
        .await
    }

    async fn edit_predefined_texts<T: Send + 'static>(
        &self,
        keeper: Keeper<'_>,
        user: UserId,
        edit: impl FnOnce(&mut PredefinedTexts) -> Result<T, OfficeError> + Send + 'static,
    ) -> Result<T, OfficeError> {
        let scope = keeper.scope()?;
        self.write(move |desk| {
            let (value, texts) = {
                let memory = desk.memory();
                scope.master(&memory, user)?;
                let mut texts = memory.predefined_texts(user).map(|t| PredefinedTexts::clone(t)).unwrap_or_default();
                texts.user = user.0;
                (edit(&mut texts)?, texts)
            };
            desk.commit(vec![Change::Entity(texts.into())], &[FleetEvent::OfficeChanged { user }])?;
            Ok(value)
        })
        .await
    }
}
