//! Which path leads to which room: the one place where a dialect is plugged in.

use std::sync::{Arc, Weak};
use std::time::Duration;

use dispatch::Dispatch;
use driver::Driver;
use http::StatusCode;
use intake::Intake;
use navixy::{Api, BASES, DOCUMENTS, Documents, Fallback, FallbackMetrics, NavixySockets, methods};
use trackit::Trackit;
use web::{Answer, Call, CallFuture, Endpoint, Handler, RouteError, Routes};

use crate::mails::Mails;
use crate::options;
use crate::pages::{Page, PageHandler, Status};
use crate::settings::Settings;

/// How often clients that went away are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The route table.
pub(crate) fn routes(
    status: &Status,
    dispatch: &Arc<Dispatch>,
    intake: &Arc<Intake>,
    driver: &Driver,
    mails: Option<Mails>,
    settings: &Settings,
    fallback: FallbackMetrics,
) -> Result<Routes, RouteError> {
    let mut routes = Routes::new();
    for (path, page) in [("/healthz", Page::Health), ("/readyz", Page::Ready), ("/metrics", Page::Metrics)] {
        routes.exact(path, http(Arc::new(PageHandler::new(page, status.clone()))))?;
    }
    navixy(&mut routes, status, dispatch, mails, settings, fallback)?;
    office(&mut routes, status, dispatch, intake, settings)?;
    driver.register(&mut routes)?;
    trackit(&mut routes, status, dispatch, settings)?;
    Ok(routes)
}

/// TRACKiT's sockets, whose clients know no path, and its calls.
fn trackit(
    routes: &mut Routes,
    status: &Status,
    dispatch: &Arc<Dispatch>,
    settings: &Settings,
) -> Result<(), RouteError> {
    let devices = Arc::new(status.engine.clone());
    let options = options::trackit(settings);
    let trackit = Trackit::new(status.engine.clone(), dispatch.clone(), devices, options, options::now());
    let api = Arc::new(trackit::Api::new(&trackit, options::now));
    let sockets = Arc::new(trackit);
    let root: Arc<dyn Handler> = Arc::new(PageHandler::new(Page::Root, status.clone()));
    routes.exact("/", Endpoint { http: Some(root), socket: Some(sockets.clone()) })?;
    routes.exact("/socket", Endpoint { http: None, socket: Some(sockets) })?;
    routes.below(trackit::BASE, http(api))
}

/// Navixy's calls and sockets, below each of its bases.
fn navixy(
    routes: &mut Routes,
    status: &Status,
    dispatch: &Arc<Dispatch>,
    mails: Option<Mails>,
    settings: &Settings,
    fallback: FallbackMetrics,
) -> Result<(), RouteError> {
    let (calls, sockets) = options::navixy(settings);
    let engine = &status.engine;
    let fleet = engine.fleet().clone();
    let mut api = Api::new(fleet, dispatch.clone(), engine.clone(), engine.clone(), calls);
    if let Some(mails) = mails {
        api = api.with_mail(mails, settings.mail.password_url.clone());
    }
    let api: Arc<dyn Handler> = Arc::new(api);
    let sockets = Arc::new(NavixySockets::new(engine.clone(), sockets));
    let fallback = Arc::new(sockets.fallback(options::now, fallback));
    tokio::spawn(forget_absent(Arc::downgrade(&fallback)));
    let documents: Arc<dyn Handler> = Arc::new(Documents::new(&[office::chapter()]));
    for document in DOCUMENTS {
        routes.exact(document, http(documents.clone()))?;
    }
    for base in BASES {
        let socket = Endpoint { http: Some(fallback.clone()), socket: Some(sockets.clone()) };
        routes.exact(&format!("{base}/event/subscription"), socket)?;
        if base.is_empty() {
            for method in methods() {
                routes.exact(&format!("/{method}"), http(api.clone()))?;
            }
            routes.below("", http(Arc::new(ElsewhereAtTheRoot(api.clone()))))?;
        } else {
            routes.below(base, http(api.clone()))?;
        }
    }
    Ok(())
}

/// The office's own calls.
fn office(
    routes: &mut Routes,
    status: &Status,
    dispatch: &Arc<Dispatch>,
    intake: &Arc<Intake>,
    settings: &Settings,
) -> Result<(), RouteError> {
    let fleet = status.engine.fleet().clone();
    let api: Arc<dyn Handler> =
        Arc::new(office::Api::new(fleet, dispatch.clone(), intake.clone(), options::office(settings)));
    for method in office::methods() {
        routes.exact(&format!("/{method}"), http(api.clone()))?;
    }
    for document in office::DOCUMENTS {
        routes.exact(document, http(Arc::new(office::Documents)))?;
    }
    Ok(())
}

/// Looks after those who do not ask any more, for as long as there is somebody to ask.
async fn forget_absent(fallback: Weak<Fallback>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match fallback.upgrade() {
            Some(fallback) => fallback.forget_absent(),
            None => return,
        }
    }
}

fn http(handler: Arc<dyn Handler>) -> Endpoint {
    Endpoint { http: Some(handler), socket: None }
}

/// What no route names. The root belongs to several rooms, so only a call that shows itself as one of Navixy's is
/// answered in its words.
struct ElsewhereAtTheRoot(Arc<dyn Handler>);

impl Handler for ElsewhereAtTheRoot {
    fn call(&self, call: Call) -> CallFuture<'_> {
        if Api::claims(&call) {
            return self.0.call(call);
        }
        Box::pin(std::future::ready(Answer::text(StatusCode::NOT_FOUND, "not found\n")))
    }
}
