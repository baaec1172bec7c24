//! The room as a whole: who is asked, and what an app's requests do.

use std::sync::Arc;

use dispatch::{AdvanceError, Dispatch, FileId, NewDriverEvent, RecordError, Sender};
use engine::{Engine, Refused};
use fleet::{DriverSession, Fleet};
use model::{DriverEventKind, MessageId, MessageStatus, Push, Report, Timestamp};
use web::{Handler, RouteError, Routes, SocketFactory};

use crate::conversation::{Answer, Load, Loaded, NoEntry, Request};
use crate::files::{file_address, file_by_name};
use crate::guesses::Guesses;
use crate::http::{Files, Pairing};
use crate::hub::Hub;
use crate::mailbox::{Entry, Mailbox};
use crate::office;
use crate::options::DriverOptions;
use crate::pages::Pages;
use crate::session::Sockets;
use crate::wire::{Greeting, Refusal, Tracker};

/// What all sockets and calls of drivers share.
pub(crate) struct Shared {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) options: Arc<DriverOptions>,
    pub(crate) guesses: Guesses,
    pub(crate) clock: fn() -> Timestamp,
}

/// The driver's side of the server.
pub struct Driver(Arc<Shared>);

impl Driver {
    /// Listens to what concerns drivers from now on, and says when their apps come and go. To be made within a tokio
    /// runtime, and before apps can connect.
    pub fn new(engine: Arc<Engine>, dispatch: Arc<Dispatch>, options: DriverOptions, clock: fn() -> Timestamp) -> Self {
        let hub = Arc::new(Hub::new(presence(Arc::clone(&engine), Arc::clone(&dispatch), clock)));
        let fleet = Arc::clone(engine.fleet());
        let (told, heard, asked) = (Arc::clone(&hub), Arc::clone(&hub), Arc::clone(&hub));
        dispatch.on_event(Box::new(move |event| told.on_dispatch(event)));
        dispatch.on_presence(Box::new(move |source| asked.is_up(source)));
        fleet.on_event(Box::new(move |event| heard.on_fleet(event)));
        let guesses = Guesses::new(options.pair_failures_per_minute_max, options.pair_addresses_max);
        let options = Arc::new(options);
        Self(Arc::new(Shared { fleet, engine, dispatch, hub, options, guesses, clock }))
    }

    /// The apps that are connected.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.0.hub
    }

    /// Registers the pages, the calls and the socket.
    pub fn register(&self, routes: &mut Routes) -> Result<(), RouteError> {
        let http = |handler: Arc<dyn Handler>| web::Endpoint { http: Some(handler), socket: None };
        let sockets: Arc<dyn SocketFactory> = Arc::new(Sockets(Arc::clone(&self.0)));
        routes.below("/driver", http(Arc::new(Pages)))?;
        routes.exact("/driver/pair", http(Arc::new(Pairing(Arc::clone(&self.0)))))?;
        routes.exact("/driver/file", http(Arc::new(Files(Arc::clone(&self.0)))))?;
        routes.exact("/driver/socket", web::Endpoint { http: None, socket: Some(sockets) })
    }
}

/// What happens when the first app of a source comes, or its last is gone.
fn presence(
    engine: Arc<Engine>,
    dispatch: Arc<Dispatch>,
    clock: fn() -> Timestamp,
) -> Box<dyn Fn(model::SourceId, bool) + Send + Sync> {
    let runtime = tokio::runtime::Handle::current();
    Box::new(move |source, up| {
        engine.push(source, Push::Driver { up });
        if !up {
            let dispatch = Arc::clone(&dispatch);
            runtime.spawn(async move {
                if let Err(error) = dispatch.app_gone(source, clock()).await {
                    tracing::error!(%error, %source, "cannot note that messages wait for an app that is away");
                }
            });
        }
    })
}

impl Shared {
    /// Lets an app in.
    pub(crate) async fn enter(&self, token: &str, mailbox: &Arc<Mailbox>) -> Result<Entry, NoEntry> {
        let authorize = || self.fleet.authorize_driver(token, (self.clock)()).map_err(|_| NoEntry::Unpaired);
        let session = authorize()?;
        // From here on it is told what changes; so what is read below misses nothing.
        let place = self.hub.enter(&session, Arc::clone(mailbox));
        authorize()?;
        let tracker = self.fleet.phone_tracker(&session).ok_or(NoEntry::Unpaired)?;
        let services = self.dispatch.services(session.source).await.map_err(|_| NoEntry::Busy)?;
        let greeting = Greeting {
            tracker: Tracker { id: tracker.id.0, label: tracker.label.clone() },
            driver: self.fleet.driver_of(session.tracker).map(|driver| driver.name.clone()),
            texts: office::texts(&self.fleet, session.user),
            forms: office::forms(&self.fleet, session.user),
            services: services.into_iter().map(office::service).collect(),
            shares_position: tracker.source.model.phone_app,
        };
        Ok(Entry { session: Arc::new(session), place, greeting })
    }

    /// Does what an app asks for.
    pub(crate) async fn ask(&self, session: &DriverSession, request: Request) -> Answer {
        match request {
            Request::Record { event, form } => self.record(session, event, form).await,
            Request::Positions { points, .. } => self.positions(session, points).await,
            Request::Confirm { id, status } => self.confirm(session, id, status).await,
            Request::Unpair => match self.fleet.leave(session).await {
                Ok(()) => Answer::Done,
                Err(_) => Answer::Busy,
            },
        }
    }

    async fn record(&self, session: &DriverSession, mut event: NewDriverEvent, form: Option<u32>) -> Answer {
        if self.engine.is_disk_full() {
            return Answer::Busy;
        }
        if let (DriverEventKind::Form { fields, .. }, Some(form)) = (&mut event.kind, form)
            && let Err(answer) = self.address_files(session, form, fields).await
        {
            return answer;
        }
        match self.dispatch.record(session.source, event, (self.clock)()).await {
            Ok(_) => Answer::Done,
            Err(RecordError::Failed(_)) => Answer::Busy,
            Err(RecordError::TooLong) => refused("too_long", "it is too long"),
            Err(RecordError::Blank) => refused("bad_request", "it says nothing"),
            Err(RecordError::BadGuid) => refused("bad_request", "guid is of another form"),
            Err(RecordError::BadPosition) => refused("bad_request", "lat and lng are no place on Earth"),
        }
    }

    /// Puts the addresses of a form's files in the place of their names. The office may have changed the form since the
    /// driver saw it: what is a file of this driver's is one in any field, and what does not look like one is none.
    async fn address_files(
        &self,
        session: &DriverSession,
        form: u32,
        fields: &mut [(String, String)],
    ) -> Result<(), Answer> {
        let kinds = office::files_of(&self.fleet, session.user, form);
        for (label, value) in fields {
            let Some(file) = file_by_name(value) else { continue };
            if self.is_file_of(session, file).await? {
                *value = file_address(file);
            } else if kinds.get(label) == Some(&true) {
                let message = format!("there is no such file for {label}");
                let refusal = Refusal { code: "unknown_file", message, file: Some(value.clone()) };
                return Err(Answer::Refused(refusal));
            }
        }
        Ok(())
    }

    async fn is_file_of(&self, session: &DriverSession, file: FileId) -> Result<bool, Answer> {
        let source = self.dispatch.file_source(file).await.map_err(|_| Answer::Busy)?;
        Ok(source == Some(session.source))
    }

    /// Takes in where a phone was, if the phone is the tracker.
    async fn positions(&self, session: &DriverSession, points: Vec<Report>) -> Answer {
        let tracker = self.fleet.phone_tracker(session);
        if !tracker.is_some_and(|tracker| tracker.source.model.phone_app) {
            return refused("not_shared", "this tracker is not the phone");
        }
        let Some(source) = self.engine.source(session.source) else { return Answer::Busy };
        let stored = match self.engine.ingest(&source, (self.clock)(), points).await {
            Ok(receipt) => receipt.await,
            Err(refused) => Err(refused),
        };
        match stored {
            Ok(()) => {
                self.engine.heard(&source);
                Answer::Done
            }
            // Of one that was removed the app hears in a moment.
            Err(Refused::DiskFull | Refused::Removed | Refused::JournalFailed) => Answer::Busy,
        }
    }

    /// Notes that a message was stored, or read. One that is gone, or another's, is nothing to the app either way.
    async fn confirm(&self, session: &DriverSession, id: MessageId, status: MessageStatus) -> Answer {
        let message = match self.dispatch.message(id).await {
            Ok(message) => message,
            Err(_) => return Answer::Busy,
        };
        let is_ours =
            |message: &dispatch::Message| message.source == session.source && message.sender != Sender::Driver;
        if !message.is_some_and(|message| is_ours(&message)) {
            return Answer::Done;
        }
        match self.dispatch.advance(id, status, (self.clock)()).await {
            Ok(_) | Err(AdvanceError::NotFound) => Answer::Done,
            Err(AdvanceError::Failed(_)) => Answer::Busy,
        }
    }

    /// Looks for what an app is to be told; nothing where it cannot be read.
    pub(crate) async fn load(&self, session: &DriverSession, load: Load) -> Option<Loaded> {
        match load {
            Load::Messages { after, limit } => {
                let messages = self.dispatch.undelivered(session.source, after, limit).await.ok()?;
                let render = |message| office::message(&self.fleet, message);
                Some(Loaded::Messages(messages.into_iter().map(render).collect()))
            }
            Load::Texts => Some(Loaded::Texts(office::texts(&self.fleet, session.user))),
            Load::Forms => Some(Loaded::Forms(office::forms(&self.fleet, session.user))),
            Load::Services => {
                let services = self.dispatch.services(session.source).await.ok()?;
                Some(Loaded::Services(services.into_iter().map(office::service).collect()))
            }
        }
    }
}

fn refused(code: &'static str, message: &str) -> Answer {
    Answer::Refused(Refusal::new(code, message))
}
