//! Forms that a master user makes for its drivers to fill in.

use std::collections::HashSet;
use std::sync::Arc;

use model::UserId;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::check;
use crate::entities::{EntityKind, Stored};
use crate::error::{Field, Invalid, OfficeError, Problem};
use crate::event::FleetEvent;
use crate::fleet::Fleet;
use crate::keeper::{Keeper, Scope};
use crate::memory::Memory;

/// How many fields a form may have. It has at least one.
pub const FORM_FIELDS_MAX: usize = 50;
/// How many answers a field may offer. It offers at least one.
pub const FORM_CHOICES_MAX: usize = 100;
/// How many characters the labels and choices of a form may have together. Every phone is sent all forms.
pub const FORM_CHARS_MAX: usize = 20_000;

/// A form as drivers get it to fill in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormTemplate {
    /// Its id. Positive.
    pub id: u32,
    owner: u32,
    /// What it is called: 1 to 60 printable characters.
    pub name: String,
    /// What it asks, in this order: 1 to [`FORM_FIELDS_MAX`] fields.
    pub fields: Vec<FormField>,
}

/// A field of a form.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormField {
    /// What it asks: 1 to 60 printable characters, which no other field of the form has.
    pub label: String,
    /// What may be answered.
    pub kind: FormFieldKind,
    /// Whether it has to be answered.
    pub required: bool,
}

/// What may be answered in a field of a form.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormFieldKind {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// One of these: 1 to [`FORM_CHOICES_MAX`] different ones of 1 to 60 printable characters each.
    Choice(Vec<String>),
    /// A photograph.
    Photo,
    /// A signature, drawn on the screen.
    Signature,
}

/// What the office says of a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormEdit {
    /// What it is called.
    pub name: String,
    /// What it asks.
    pub fields: Vec<FormField>,
}

impl FormTemplate {
    /// Whose form it is: a master user.
    pub const fn owner(&self) -> UserId {
        UserId(self.owner)
    }
}

impl Stored for FormTemplate {
    fn id(&self) -> u32 {
        self.id
    }
}

impl FormEdit {
    fn check(&self) -> Result<(), Invalid> {
        one_line(&self.name, Field::Name)?;
        let labels = self.fields.iter().map(|field| field.label.as_str());
        check_list(labels, FORM_FIELDS_MAX, Field::Fields, Field::Label)?;
        let choices = |field: &FormField| {
            let choices = field.choices().iter().map(String::as_str);
            check_list(choices, FORM_CHOICES_MAX, Field::Choices, Field::Choices)
        };
        let mut choosing = self.fields.iter().filter(|field| matches!(field.kind, FormFieldKind::Choice(_)));
        choosing.try_for_each(choices)?;
        let texts = self.fields.iter().flat_map(|field| field.choices().iter().chain([&field.label]));
        let chars: usize = texts.map(|text| text.chars().count()).sum();
        match chars > FORM_CHARS_MAX {
            true => Err(Invalid { field: Field::Fields, problem: Problem::TooLong { chars_max: FORM_CHARS_MAX } }),
            false => Ok(()),
        }
    }
}

impl FormField {
    /// What may be chosen, where that is all.
    fn choices(&self) -> &[String] {
        match &self.kind {
            FormFieldKind::Choice(choices) => choices,
            FormFieldKind::Text | FormFieldKind::Number | FormFieldKind::Photo | FormFieldKind::Signature => &[],
        }
    }
}

fn one_line(text: &str, field: Field) -> Result<(), Invalid> {
    check::line(text, check::LABEL_CHARS_MAX).map_err(|problem| Invalid { field, problem })
}

/// At least one text and no two alike.
fn check_list<'a>(
    texts: impl ExactSizeIterator<Item = &'a str>,
    count_max: usize,
    list: Field,
    text: Field,
) -> Result<(), Invalid> {
    match texts.len() {
        0 => return Err(Invalid { field: list, problem: Problem::TooFew { count_min: 1 } }),
        n if n > count_max => return Err(Invalid { field: list, problem: Problem::TooMany { count_max } }),
        _ => {}
    }
    let mut seen = HashSet::new();
    for one in texts {
        one_line(one, text)?;
        if !seen.insert(one) {
            return Err(Invalid { field: text, problem: Problem::Repeated });
        }
    }
    Ok(())
}

impl Memory {
    fn forms_of(&self, owner: UserId) -> impl Iterator<Item = &Arc<FormTemplate>> {
        self.index.forms_of(owner).filter_map(|id| self.entities.forms.get(id))
    }
}

/// The owner of a form within the scope.
fn owner_of(memory: &Memory, scope: Scope, id: u32) -> Result<UserId, OfficeError> {
    // Nobody has the number 0: who asks is judged before what it asks for.
    let owner = memory.entities.forms.get(id).map_or(UserId(0), |form| form.owner());
    scope.master(memory, owner).map(|owner| owner.id)
}

impl Fleet {
    /// The forms that the drivers of a master user may fill in, in the order of ids.
    pub fn forms(&self, user: UserId) -> Vec<Arc<FormTemplate>> {
        self.shared.memory().forms_of(user).map(Arc::clone).collect()
    }

    /// The same, for who keeps them.
    pub fn list_forms(&self, keeper: Keeper<'_>, user: UserId) -> Result<Vec<Arc<FormTemplate>>, OfficeError> {
        let scope = keeper.scope()?;
        let memory = self.shared.memory();
        scope.master(&memory, user)?;
        Ok(memory.forms_of(user).map(Arc::clone).collect())
    }

    /// Makes a form; its id.
    pub async fn create_form(&self, keeper: Keeper<'_>, user: UserId, edit: FormEdit) -> Result<u32, OfficeError> {
        edit.check()?;
        let scope = keeper.scope()?;
        let (forms_max, entities_max) = (self.options.forms_per_user_max, self.options.entities_max);
        self.write(move |desk| {
            let form = {
                let memory = desk.memory();
                scope.master(&memory, user)?;
                let forms = &memory.entities.forms;
                if forms.len() >= entities_max || memory.forms_of(user).count() >= forms_max {
                    return Err(OfficeError::TooMany);
                }
                FormTemplate { id: forms.next_id(), owner: user.0, name: edit.name, fields: edit.fields }
            };
            let id = form.id;
            desk.commit(vec![Change::Entity(form.into())], &[FleetEvent::OfficeChanged { user }])?;
            Ok(id)
        })
        .await
    }

    /// Puts what is said of a form in the place of what was. What drivers filled in before stays as they saw it.
    pub async fn update_form(&self, keeper: Keeper<'_>, id: u32, edit: FormEdit) -> Result<(), OfficeError> {
        edit.check()?;
        let scope = keeper.scope()?;
        self.write(move |desk| {
            let user = owner_of(&desk.memory(), scope, id)?;
            let form = FormTemplate { id, owner: user.0, name: edit.name, fields: edit.fields };
            Ok(desk.commit(vec![Change::Entity(form.into())], &[FleetEvent::OfficeChanged { user }])?)
        })
        .await
    }

    /// Removes a form.
    pub async fn delete_form(&self, keeper: Keeper<'_>, id: u32) -> Result<(), OfficeError> {
        let scope = keeper.scope()?;
        self.write(move |desk| {
            let user = owner_of(&desk.memory(), scope, id)?;
            let gone = Change::EntityRemoved { kind: EntityKind::FormTemplate, id };
            Ok(desk.commit(vec![gone], &[FleetEvent::OfficeChanged { user }])?)
        })
        .await
    }
}
