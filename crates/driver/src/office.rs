//! What the office has for an app, in the shapes of the wire.

use std::collections::HashMap;

use dispatch::{Message, Sender, ServiceState};
use fleet::{Fleet, FormFieldKind, FormTemplate, PredefinedText};
use model::UserId;

use crate::wire;

/// The texts that this master user's drivers choose from.
pub(crate) fn texts(fleet: &Fleet, master: UserId) -> Vec<wire::Text> {
    let texts = fleet.predefined_texts(master).into_iter();
    texts.map(|PredefinedText { number, text }| wire::Text { number, text }).collect()
}

/// The forms that this master user's drivers fill in.
pub(crate) fn forms(fleet: &Fleet, master: UserId) -> Vec<wire::Form> {
    fleet.forms(master).iter().map(|form| render(form)).collect()
}

fn render(form: &FormTemplate) -> wire::Form {
    let fields = form.fields.iter().map(|field| {
        let (kind, choices) = match &field.kind {
            FormFieldKind::Text => ("text", None),
            FormFieldKind::Number => ("number", None),
            FormFieldKind::Choice(choices) => ("choice", Some(choices.clone())),
            FormFieldKind::Photo => ("photo", None),
            FormFieldKind::Signature => ("signature", None),
        };
        wire::Field { label: field.label.clone(), kind, choices, required: field.required }
    });
    wire::Form { id: form.id, name: form.name.clone(), fields: fields.collect() }
}

/// Of each field of a form whether its value is a file; nothing of a form that is there no more.
pub(crate) fn files_of(fleet: &Fleet, master: UserId, form: u32) -> HashMap<String, bool> {
    let forms = fleet.forms(master);
    let fields = forms.iter().find(|found| found.id == form).map(|form| form.fields.iter()).into_iter().flatten();
    let is_file = |kind: &FormFieldKind| matches!(kind, FormFieldKind::Photo | FormFieldKind::Signature);
    fields.map(|field| (field.label.clone(), is_file(&field.kind))).collect()
}

/// A service as an app gets it.
pub(crate) fn service(service: dispatch::Service) -> wire::Service {
    let (lat, lng) = service.draft.position.unzip();
    let dispatch::ServiceDraft { title, address, note, due, .. } = service.draft;
    let state = match service.state {
        ServiceState::Open => "open",
        ServiceState::Visited => "visited",
        ServiceState::Delivered => "delivered",
    };
    wire::Service { id: service.id, title, address, note, lat, lng, due, state }
}

/// A message of the office as an app gets it.
pub(crate) fn message(fleet: &Fleet, message: Message) -> wire::OfficeMessage {
    let from = match message.sender {
        Sender::Driver => None,
        Sender::Office(user) => name(fleet, user),
    };
    wire::OfficeMessage { id: message.id.0, text: message.text, time: message.submitted, from }
}

/// What a user is called; nobody's login is told to drivers.
fn name(fleet: &Fleet, user: UserId) -> Option<String> {
    let user = fleet.user(user)?;
    let (profile, full) = (&user.profile, [&user.profile.first_name, &user.profile.last_name]);
    let full = full.map(|name| name.trim()).into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    let name = if full.is_empty() { profile.legal_name.trim().to_owned() } else { full };
    (!name.is_empty()).then_some(name)
}
