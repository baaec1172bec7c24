//! The server's life: start, ready, end.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dispatch::{Courier, Dispatch};
use engine::{Engine, EngineMetrics};
use fleet::{AdminSetup, Fleet};
use gateway::{GatewayMetrics, Listener};
use intake::{Intake, IntakeMetrics};
use navixy::FallbackMetrics;
use prometheus_client::registry::Registry;
use storage::journal::{JournalError, LsmJournal};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use web::{Server, ServerMetrics};

use crate::admin::refusal;
use crate::control::{Control, Room};
use crate::folder::DataFolder;
use crate::mails::Mails;
use crate::pages::Status;
use crate::settings::{ADMIN_PASSWORD, Listen, Loaded, Settings, read_secret_file};
use crate::{couriers, drivers, logging, options, wiring};

/// How long a good ending may take. Whoever stops the server counts on ten seconds.
const GRACE: Duration = Duration::from_secs(9);

/// How long a store that failed is left alone, so that its failing does not fill the log.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Why the server does not start.
#[derive(Debug)]
pub(crate) struct StartError(String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error with what was being done.
fn at<E: fmt::Display>(what: impl fmt::Display) -> impl FnOnce(E) -> StartError {
    move |error| StartError(format!("{what}: {error}"))
}

/// Runs the server until it is told to stop.
pub(crate) fn run(loaded: &Loaded) -> ExitCode {
    logging::start(&loaded.settings);
    logging::end_on_panic();
    for variable in &loaded.unknown_variables {
        tracing::warn!(variable, "no such setting; the variable is passed over");
    }
    raise_file_limit();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cannot start the runtime");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(serve(&loaded.settings));
    // What still runs has had its time.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(settings: &Settings) -> Result<(), StartError> {
    // Before anything is opened, so that a signal during the start is not lost.
    let stop = stop_signal().map_err(at("signals"))?;
    let folder = DataFolder::create(&settings.data.dir).map_err(|error| StartError(error.to_string()))?;
    let running = Running::start(settings, &folder).await?;
    running.announce().map_err(at("standard output"))?;
    let signal = stop.await;
    tracing::info!(signal, "stopping");
    match tokio::time::timeout(GRACE, running.stop()).await {
        Ok(()) => tracing::info!("stopped"),
        Err(_) => tracing::warn!("stopped without waiting any longer; what was not acknowledged will be sent again"),
    }
    Ok(())
}

/// A server that is up.
struct Running {
    engine: Arc<Engine>,
    courier: Arc<Courier>,
    shutdown: watch::Sender<bool>,
    tasks: JoinSet<()>,
    http: SocketAddr,
    devices: Vec<(&'static str, SocketAddr)>,
    control: Control,
}

impl Running {
    async fn start(settings: &Settings, folder: &DataFolder) -> Result<Self, StartError> {
        let mut registry = Registry::with_prefix("odograph");
        let (engine_metrics, web_metrics, gateway_metrics) =
            (EngineMetrics::default(), ServerMetrics::default(), GatewayMetrics::default());
        engine_metrics.register(&mut registry);
        web_metrics.register(&mut registry);
        gateway_metrics.register(&mut registry);
        let intake_metrics = IntakeMetrics::default();
        intake_metrics.register(&mut registry);
        let fallback_metrics = FallbackMetrics::default();
        fallback_metrics.register(&mut registry);

        let journal = open_journal(settings, folder)?;
        let fleet = open_fleet(settings, folder.path()).await?;
        let dispatch = Dispatch::open(folder.path(), options::dispatch(settings), options::now());
        let dispatch = dispatch.await.map_err(at("messages"))?;
        let engine_options = options::engine(settings, journal_failed);
        let engine = Engine::start(Arc::new(journal), fleet, folder.path(), engine_options, None, engine_metrics)
            .map_err(at("journal"))?;

        let driver = drivers::join(&engine, &dispatch, settings).await.map_err(at("messages"))?;
        let courier = couriers::start(&dispatch, &engine).await.map_err(at("messages"))?;

        let intake = Intake::open(folder.path(), engine.fleet().clone(), options::intake(settings), intake_metrics);
        let intake = intake.await.map_err(at("quarantine"))?;

        let (shutdown, down) = watch::channel(false);
        let status = Status { engine: engine.clone(), shutdown: down.clone(), registry: Arc::new(registry) };
        let mails = Mails::new(settings).map_err(at("mail"))?;
        let routes = wiring::routes(&status, &dispatch, &intake, &driver, mails, settings, fallback_metrics)
            .map_err(at("routes"))?;
        let (http_limits, socket_limits, proxies) = options::http(settings);
        let listen = settings.http.listen.0;
        let server = Server::bind(listen, routes, http_limits, socket_limits, proxies, options::now, web_metrics)
            .await
            .map_err(at(format_args!("http.listen {listen}")))?;
        let http = server.local_addr().map_err(at("http.listen"))?;
        let mut listeners = Vec::new();
        for Listen(port) in &settings.listens {
            let bound =
                Listener::bind(port, engine.clone(), intake.clone(), options::devices(settings), &gateway_metrics)
                    .await;
            listeners.push(bound.map_err(at(format_args!("devices.{} {}", port.name(), port.address)))?);
        }
        let control = Control::bind(
            folder.path(),
            Room { engine: engine.clone(), intake, limits: options::devices(settings).limits },
        )
        .map_err(at("control socket"))?;

        // Everything is bound: from here on nothing can fail.
        let mut devices = Vec::new();
        let mut tasks = JoinSet::new();
        for listener in listeners {
            let address = listener.local_addr().map_err(at("devices"))?;
            devices.push((listener.name(), address));
            tasks.spawn(listener.run(down.clone()));
        }
        tasks.spawn(keep_messages(dispatch, down.clone()));
        tasks.spawn(server.run(down));
        Ok(Self { engine, courier, shutdown, tasks, http, devices, control })
    }

    /// Says on standard output that the server can be used, and where.
    fn announce(&self) -> io::Result<()> {
        let mut line = format!("odograph ready http={}", self.http);
        for (name, address) in &self.devices {
            line += &format!(" {name}={address}");
        }
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "{line}");
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }

    /// Ends in good order: nobody is let in, what was taken in is committed and acknowledged, clients are told.
    async fn stop(mut self) {
        self.control.close();
        // Fails only when nobody listens any more.
        let _ = self.shutdown.send(true);
        while self.tasks.join_next().await.is_some() {}
        // The devices' connections have ended, so that nothing is on its way for long.
        self.courier.stop().await;
        self.engine.flush().await;
        self.engine.stop().await;
    }
}

fn open_journal(settings: &Settings, folder: &DataFolder) -> Result<LsmJournal, StartError> {
    LsmJournal::open(&folder.journal(), &options::journal(settings)).map_err(at("journal"))
}

/// Opens the fleet, and on the first start makes its administrator.
async fn open_fleet(settings: &Settings, folder: &Path) -> Result<Arc<Fleet>, StartError> {
    let fleet = Fleet::open(folder, options::fleet(settings), options::now()).await.map_err(at("catalog"))?;
    let password = first_password(settings)?;
    let setup = fleet.ensure_admin(password.as_deref(), options::now()).await;
    match setup.map_err(|error| StartError(format!("administrator: {}", refusal(&error))))? {
        AdminSetup::Existed => {}
        AdminSetup::Created => tracing::info!("created the administrator `admin` with the password given"),
        AdminSetup::CreatedWithRandom(password) => {
            // Not through the log, which may be kept and sent elsewhere. Where standard error is gone, `odograph
            // admin set-password` helps.
            let _ = writeln!(io::stderr(), "created the administrator `admin` with the password {}", password.expose());
        }
    }
    Ok(fleet)
}

fn first_password(settings: &Settings) -> Result<Option<String>, StartError> {
    if let Ok(password) = std::env::var(ADMIN_PASSWORD) {
        return Ok(Some(password));
    }
    let file = &settings.admin.password_file;
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    read_secret_file(file).map(Some).map_err(at(format_args!("admin.password_file {}", file.display())))
}

/// Gives up the messages and commands whose time is over, once a second until the server ends. What is taken in is
/// durable at once, so that nothing is left to do then.
async fn keep_messages(dispatch: Arc<Dispatch>, mut down: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = down.wait_for(|is_down| *is_down) => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = dispatch.expire(options::now()).await {
            tracing::error!(%error, "cannot give up messages and commands whose time is over");
            ticks.reset_after(STORE_PAUSE);
        }
    }
}

/// A journal that cannot be written ends the process: what a failed write left on disk is found out by opening it
/// anew.
fn journal_failed(error: &JournalError) {
    tracing::error!(%error, "the journal cannot be written; nothing more is acknowledged");
    std::process::exit(1);
}

/// Resolves, with its name, when a signal asks the process to end.
fn stop_signal() -> io::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Each connection is a file descriptor, and the usual soft limit of 1,024 is for programs that use `select`.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
    {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}
