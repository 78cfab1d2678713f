//! `evt dev` itself: the server, its port, and what is to be seen meanwhile.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Place, as_json, shown};
use crate::cli::migrate::deploy;
use crate::cli::{block_on, interrupted};
use crate::config::Context;
use crate::config::environment::PATH;
use crate::db::local::development::{self, Address, Watch};
use crate::db::local::gateway::{Gateway, Visit};
use crate::db::local::{Durability, LocalServer, Maker, ServerProgram};
use crate::db::url::ServerKind;
use crate::error::{Error, Exit};
use crate::output::{Output, duration};

/// Between two looks at the server's log.
const LOG_INTERVAL: Duration = Duration::from_millis(250);

/// Between two looks whether a server in the background is there.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The file that takes what a server in the background has to say.
const TALK: &str = "dev.log";

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// TCP port on 127.0.0.1 [default: that of the last time, or a free one]
    #[arg(long, value_name = "NUMBER")]
    port: Option<u16>,
    /// Go on in the background; `evt dev stop` ends it
    #[arg(long)]
    detach: bool,
    /// Apply pending migrations of the project first
    #[arg(long)]
    migrate: bool,
    /// Which PostgreSQL [default: the one that made the data, else one of this machine, else the one inside evt]
    #[arg(long, value_name = "KIND")]
    server: Option<Kind>,
    /// Print where it is as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Which PostgreSQL serves.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// One that is installed on this machine
    Installed,
    /// The one inside evt
    Embedded,
}

impl From<Kind> for ServerKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Installed => Self::Installed,
            Kind::Embedded => Self::Embedded,
        }
    }
}

impl ServeArgs {
    /// The kind that is asked for: by the flag, else by the URL in the settings.
    fn kind(&self, context: &Context) -> Result<Option<ServerKind>, Error> {
        match (self.server, &self.place.folder) {
            (Some(kind), _) => Ok(Some(kind.into())),
            (None, Some(_)) => Ok(None),
            (None, None) => Ok(self.place.url(context)?.and_then(|url| url.local_server())),
        }
    }
}

pub(super) fn run(args: &ServeArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.place.tolerated.warn(out);
    let folder = args.place.folder(context)?;
    let kind = args.kind(context)?;
    if args.detach {
        return detach(args, kind, &folder, context, out);
    }
    let watch = Watch::take(&folder)?.map_err(|address| running(&address))?;
    let search_path = context.environment.get(PATH).map(OsStr::new);
    let program = ServerProgram::of_folder(&folder, kind, search_path)?;
    let server = LocalServer::start(&program, &folder, Durability::Kept)?;
    if args.migrate {
        migrate(args, &folder, context, out)?;
    }
    block_on(async {
        let gateway = open(args.port, development::last_port(&folder), &server.socket()).await?;
        let port = gateway.port().map_err(|source| Error::System { what: "cannot open a port", source })?;
        let pid = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
        let since = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let address = Address { pid, port, since };
        watch.announce(&address)?;
        greet(args, &folder, &address, context, out);
        if server.kind() == ServerKind::Embedded {
            out.note(SERVES_ONE);
        }
        out.note("Ctrl-C stops it.\n");
        let mut log = Log::from_here(&server.log());
        // In the foreground the end of the terminal is the end of this.
        let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
            .map_err(|source| Error::System { what: "cannot watch for signals", source })?;
        let mut looks = tokio::time::interval(LOG_INTERVAL);
        let (sender, mut visits) = tokio::sync::mpsc::unbounded_channel();
        let mut serving = std::pin::pin!(gateway.serve(sender));
        let mut stopping = std::pin::pin!(interrupted());
        let mut inside = Inside { one_by_one: server.kind() == ServerKind::Embedded, numbers: Vec::new() };
        loop {
            tokio::select! {
                () = &mut serving => {}
                () = &mut stopping => break,
                _ = hangup.recv() => break,
                Some(visit) = visits.recv() => out.note(timed(&inside.sentence(&visit))),
                _ = looks.tick() => for line in log.news() { out.note(timed(&line)) },
            }
        }
        Ok(())
    })?;
    server.stop()?;
    out.note(format!("Stopped; the data in `{}` is kept.", shown(&folder, context)));
    Ok(Exit::Success)
}

/// What people have to know of the embedded server.
const SERVES_ONE: &str = "It is the one inside evt, which serves one connection at a time: others wait until that one is \
                          closed. Let an application's pool have one connection.";

fn running(address: &Address) -> Error {
    Error::refused(
        format!("`evt dev` keeps this server running already, at {}", address.url()),
        "use that URL, or stop it with `evt dev stop`",
    )
}

/// Opens the port that is asked for; else that of the last time, where programs look for the server, if nobody else
/// has it now; else any.
async fn open(wanted: Option<u16>, last: Option<u16>, socket: &Path) -> Result<Gateway, Error> {
    if let Some(port) = wanted {
        return Gateway::open(port, socket).await.map_err(|error| {
            Error::refused(
                format!("cannot open port {port} on 127.0.0.1: {error}"),
                "give another one with `--port`, or leave it out and let the system choose",
            )
        });
    }
    if let Some(port) = last
        && let Ok(gateway) = Gateway::open(port, socket).await
    {
        return Ok(gateway);
    }
    Gateway::open(0, socket).await.map_err(|source| Error::System { what: "cannot open a port", source })
}

/// Says where the server is. The URL is the result; all else is talk.
fn greet(args: &ServeArgs, folder: &Path, address: &Address, context: &Context, out: &mut Output) {
    if args.json {
        out.json(&as_json(folder, Some(address)));
    }
    let shown = shown(folder, context);
    out.note(format!("PostgreSQL runs in `{shown}`, for programs on this machine, without a password:\n"));
    out.line(format!("  {}", address.url()));
    out.note(format!("\nFor evt itself DATABASE_URL=\"local:{shown}\" is the same, also when this has ended."));
}

/// Applies what is pending to the database in the folder, whatever URL the project has.
fn migrate(args: &ServeArgs, folder: &Path, context: &Context, out: &mut Output) -> Result<(), Error> {
    let mut project = args.place.project.clone();
    project.url = Some(format!("local:{}", folder.display()));
    deploy::run(&deploy::DeployArgs::of(project), context, out)?;
    out.line("");
    Ok(())
}

/// Starts this command again in the background, and waits until the server can be reached.
fn detach(
    args: &ServeArgs,
    kind: Option<ServerKind>,
    folder: &Path,
    context: &Context,
    out: &mut Output,
) -> Result<Exit, Error> {
    if let Some(address) = development::served(folder)? {
        return Err(running(&address));
    }
    fs::create_dir_all(folder)
        .map_err(|source| Error::System { what: "cannot make the folder of the data", source })?;
    let path = folder.join(TALK);
    let mut child = spawn(args.port, kind, folder, &path, context)
        .map_err(|source| Error::System { what: "cannot start in the background", source })?;
    let address = loop {
        if let Some(address) = development::served(folder)? {
            break address;
        }
        if !matches!(child.try_wait(), Ok(None)) {
            let talk = fs::read_to_string(&path).unwrap_or_default();
            let message = talk.trim().trim_start_matches("Error: ").to_owned();
            return Err(Error::Refused { message, hint: None, exit: Exit::Failure });
        }
        std::thread::sleep(LOOK_AGAIN);
    };
    if args.migrate {
        migrate(args, folder, context, out)?;
    }
    greet(args, folder, &address, context, out);
    if Maker::of_folder(folder).is_some_and(|made_by| made_by.kind == ServerKind::Embedded) {
        out.note(SERVES_ONE);
    }
    out.note(format!("It goes on in the background, and writes to `{}`.", shown(&path, context)));
    out.hint("`evt dev stop` ends it");
    Ok(Exit::Success)
}

fn spawn(
    port: Option<u16>,
    kind: Option<ServerKind>,
    folder: &Path,
    talk: &PathBuf,
    context: &Context,
) -> std::io::Result<Child> {
    use std::os::unix::process::CommandExt as _;
    let log = File::create(talk)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("dev").arg("--folder").arg(folder);
    if let Some(port) = port {
        command.arg("--port").arg(port.to_string());
    }
    if let Some(kind) = kind {
        command.args(["--server", kind.name()]);
    }
    command
        .current_dir(&context.cwd)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A group of its own: Ctrl-C in the terminal does not reach it.
        .process_group(0)
        .spawn()
}

/// Who is connected.
struct Inside {
    /// Whether the server serves one at a time.
    one_by_one: bool,
    /// In the order in which they came.
    numbers: Vec<u64>,
}

impl Inside {
    /// Notes what happened, and says it.
    fn sentence(&mut self, visit: &Visit) -> String {
        match visit {
            Visit::Came { number, visitor } => {
                let program = visitor.application.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
                let waits = match self.numbers.last() {
                    Some(last) if self.one_by_one => format!("; it waits until connection {last} is closed"),
                    _ => String::new(),
                };
                self.numbers.push(*number);
                format!("connection {number} of {} to {}{program}{waits}", visitor.user, visitor.database)
            }
            Visit::Left { number, stayed } => {
                self.numbers.retain(|inside| inside != number);
                format!("connection {number} ended after {}", duration(*stayed))
            }
            Visit::Refused { reason } => format!("a connection failed: {reason}"),
        }
    }
}

fn timed(text: &str) -> String {
    format!("{}  {text}", jiff::ZonedDateTime::now().strftime("%H:%M:%S"))
}

/// The part of the server's log that was not shown yet.
struct Log {
    file: Option<File>,
    rest: String,
}

impl Log {
    /// What is in the log already belongs to the start.
    fn from_here(path: &Path) -> Self {
        let mut file = File::open(path).ok();
        if let Some(file) = &mut file {
            let _ = file.seek(SeekFrom::End(0));
        }
        Self { file, rest: String::new() }
    }

    /// The lines that were added since.
    fn news(&mut self) -> Vec<String> {
        let mut bytes = Vec::new();
        if let Some(file) = &mut self.file {
            let _ = file.read_to_end(&mut bytes);
        }
        self.rest.push_str(&String::from_utf8_lossy(&bytes));
        let Some(end) = self.rest.rfind('\n') else { return Vec::new() };
        let rest = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, rest);
        whole.lines().map(str::to_owned).collect()
    }
}
