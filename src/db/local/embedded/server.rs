//! The process that serves the embedded PostgreSQL.

use std::fs;
use std::io;
use std::os::unix::net::UnixListener as BlockingListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pglite_oxide::{
    PglitePaths, PgliteProxy, build_pgdata_template, extensions, install_extension_bytes, preload_runtime_module,
};
use pglite_oxide_assets::extension_archive;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::super::choice::EMBEDDED;
use super::super::greeting::{Visitor, greeting};
use super::super::{LOOK_AGAIN, LocalError, PATIENCE, home, io_error, postmaster};
use super::{GUEST, MAJOR};

/// Whether there is a PostgreSQL inside this evt.
pub const AVAILABLE: bool = true;

/// How long a client waits for its turn. Then it is told who keeps it waiting.
const TURN: Duration = Duration::from_secs(30);

/// How long a statement may go on when the server is asked to stop: nothing from outside can end it, and what it did
/// counts only once it has ended.
const LAST_STATEMENT: Duration = Duration::from_secs(10);

/// Makes an empty cluster. Its files are all in this folder: they need nothing of what is unpacked elsewhere.
pub(in super::super) fn initialise(data: &Path) -> Result<(), LocalError> {
    let cluster = PglitePaths::with_root(data).pgdata;
    fs::create_dir_all(&cluster).map_err(|source| io_error(&cluster, source))?;
    let problem = |source| io_error(data, source);
    let unpacked = tempfile::tempdir_in(data).map_err(problem)?;
    let template = build_pgdata_template(unpacked.path()).map_err(|error| failed(&error))?;
    let archive = fs::File::open(&template.archive_path).map_err(problem)?;
    let archive = zstd::Decoder::new(archive).map_err(problem)?;
    tar::Archive::new(archive).unpack(&cluster).map_err(problem)?;
    // The last step: a folder without it was interrupted, and is made again.
    fs::write(data.join("PG_VERSION"), format!("{MAJOR} {EMBEDDED}\n")).map_err(problem)
}

/// Puts the files of all extensions to where PostgreSQL looks for them, unless they are there. A list of them is written
/// last: where an interrupted start or another version of evt has left something else, all are put there again.
fn provide_extensions(data: &Path) -> Result<(), LocalError> {
    let archives =
        || extensions::ALL.iter().filter_map(|one| Some((one.sql_name(), extension_archive(one.sql_name())?)));
    let wanted: Vec<_> = archives().map(|(name, archive)| format!("{name} {}", archive.len())).collect();
    let wanted = wanted.join("\n");
    let list = data.join("extensions");
    if fs::read_to_string(&list).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    let paths = PglitePaths::with_root(data);
    for (_, archive) in archives() {
        install_extension_bytes(&paths, archive).map_err(|error| failed(&error))?;
    }
    fs::write(&list, wanted).map_err(|source| io_error(&list, source))
}

/// Serves the cluster in `data` on the unix socket `socket`, until the process is asked to stop: by SIGINT or SIGTERM in
/// order, by SIGQUIT at once. `say` takes lines for the log.
pub fn serve(data: &Path, socket: &Path, say: &mut dyn FnMut(&str)) -> Result<(), LocalError> {
    let _lock = take(data)?;
    announce(data, socket, "starting")?;
    let problem = |source| io_error(socket, source);
    provide_extensions(data)?;
    // What takes longest, above all the first time, when the machine code is unpacked below the user's cache folder.
    preload_runtime_module(&PglitePaths::with_root(data)).map_err(|error| failed(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(problem)?;
    runtime.block_on(async {
        let listener = UnixListener::bind(socket).map_err(problem)?;
        let (report, mut troubles) = unbounded_channel();
        let house = Arc::new(House::open(data, socket, report).map_err(problem)?);
        let mut interrupt = signal(SignalKind::interrupt()).map_err(problem)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(problem)?;
        let mut quit = signal(SignalKind::quit()).map_err(problem)?;
        announce(data, socket, "ready")?;
        say("ready");
        let mut inside = JoinSet::new();
        let in_order = loop {
            tokio::select! {
                accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                    inside.spawn(attend(stream, Arc::clone(&house)));
                },
                Some(ended) = inside.join_next() => match ended {
                    Ok(Ok(())) => {}
                    Ok(Err(Broken)) => return Err(LocalError::Embedded("its thread ended".to_owned())),
                    Err(error) => say(&error.to_string()),
                },
                Some(trouble) = troubles.recv() => say(&trouble),
                _ = interrupt.recv() => break true,
                _ = terminate.recv() => break true,
                _ = quit.recv() => break false,
            }
        };
        // Nobody comes in any more, and whoever is inside is shown out.
        drop(listener);
        inside.shutdown().await;
        if in_order && !house.close().await {
            say("a statement still runs; what it did so far is undone at the next start");
        }
        withdraw(data, socket);
        Ok(())
    })
}

/// Takes the data. One that has them says where it can be reached; whoever was started beside it leaves only when that
/// can be read.
fn take(data: &Path) -> Result<fs::File, LocalError> {
    let lock = home::lock_file(&data.join("serving.lock"))?;
    let start = Instant::now();
    while lock.try_lock().is_err() {
        if postmaster::runs(data) || start.elapsed() > PATIENCE {
            return Err(LocalError::Busy { folder: data.to_owned() });
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(lock)
}

fn failed(error: &impl std::fmt::Display) -> LocalError {
    LocalError::Embedded(format!("{error:#}"))
}

/// Says as a server does itself that this process serves a data folder on a socket, and how far it is.
fn announce(data: &Path, socket: &Path, status: &str) -> Result<(), LocalError> {
    let problem = |source| io_error(data, source);
    // Where the system has no such file, the name is not looked at either.
    let _ = fs::write("/proc/self/comm", postmaster::EMBEDDED);
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    let (folder, name) = (socket.parent().unwrap_or(socket), socket.extension().unwrap_or_default());
    let text = format!(
        "{}\n{}\n{since}\n{}\n{}\n\n\n{status}\n",
        std::process::id(),
        data.display(),
        name.display(),
        folder.display()
    );
    // Nobody may read half of it.
    let beside = tempfile::NamedTempFile::new_in(data).map_err(problem)?;
    fs::write(beside.path(), text).map_err(problem)?;
    beside.persist(data.join("postmaster.pid")).map_err(|error| problem(error.error))?;
    Ok(())
}

/// Says that this process serves no longer.
fn withdraw(data: &Path, socket: &Path) {
    // What stays behind names a process that is gone.
    let _ = fs::remove_file(data.join("postmaster.pid"));
    let _ = fs::remove_file(socket);
}

/// The thread that PostgreSQL runs in is gone.
struct Broken;

/// Said when a connection is over: what went wrong with it, if anything did.
type Over = oneshot::Sender<Option<String>>;

/// PostgreSQL, and whose turn it is.
struct House {
    /// The socket on which PostgreSQL takes one connection for each order.
    inner: PathBuf,
    orders: Sender<Over>,
    turn: tokio::sync::Mutex<()>,
    /// Where those who wait can read who the guest is.
    board: PathBuf,
    guest: Mutex<Option<(Visitor, Instant)>>,
    report: UnboundedSender<String>,
}

impl House {
    fn open(data: &Path, socket: &Path, report: UnboundedSender<String>) -> io::Result<Self> {
        let inner = socket.with_file_name("inner");
        let listener = BlockingListener::bind(&inner)?;
        let (orders, received) = mpsc::channel();
        let proxy = PgliteProxy::new(data);
        std::thread::Builder::new().name("postgres".to_owned()).spawn(move || run(&proxy, &listener, &received))?;
        let (turn, board) = (tokio::sync::Mutex::new(()), data.join(GUEST));
        // Of a server that was killed.
        let _ = fs::remove_file(&board);
        Ok(Self { inner, orders, turn, board, guest: Mutex::new(None), report })
    }

    fn say(&self, text: String) {
        // Who listens is gone only when all is over.
        let _ = self.report.send(text);
    }

    /// Whose turn it is, and since when.
    fn guest(&self) -> Option<(Visitor, Instant)> {
        self.guest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_guest(&self, guest: Option<(Visitor, u32)>) {
        // Whoever waits does so without knowing why, if this fails.
        let _ = match &guest {
            Some((visitor, process)) => {
                fs::write(&self.board, format!("{process}\n{}\n{}\n", visitor.name(), visitor.database))
            }
            None => fs::remove_file(&self.board),
        };
        let guest = guest.map(|(visitor, _)| visitor);
        *self.guest.lock().unwrap_or_else(PoisonError::into_inner) = guest.map(|visitor| (visitor, Instant::now()));
    }

    /// Waits until PostgreSQL has ended its last connection. False if that takes too long.
    async fn close(&self) -> bool {
        // An order whose client was shown out before it came is still waited for.
        let (over, ended) = oneshot::channel();
        let ordered = self.orders.send(over).is_ok();
        for _ in ["that one", "this one"] {
            let _ = UnixStream::connect(&self.inner).await.map(drop);
        }
        ordered && tokio::time::timeout(LAST_STATEMENT, ended).await.is_ok()
    }
}

/// Serves one connection for each order. Runs outside of any async runtime, as `pglite-oxide` wants it.
fn run(proxy: &PgliteProxy, listener: &BlockingListener, orders: &Receiver<Over>) {
    for over in orders {
        let outcome = proxy.accept_unix_once(listener);
        // Who ordered may have been shown out.
        let _ = over.send(outcome.err().map(|error| format!("{error:#}")));
    }
}

/// Serves a client when its turn has come.
async fn attend(mut client: UnixStream, house: Arc<House>) -> Result<(), Broken> {
    // There is nobody who could end a statement that runs, so that requests to do so come to nothing.
    let Ok(Some((greeting, Some(visitor)))) = greeting(&mut client).await else { return Ok(()) };
    let Ok(_turn) = tokio::time::timeout(TURN, house.turn.lock()).await else {
        let _ = client.write_all(&refusal(house.guest())).await;
        return Ok(());
    };
    let process = client.peer_cred().ok().and_then(|peer| peer.pid()).and_then(|pid| u32::try_from(pid).ok());
    house.set_guest(Some((visitor, process.unwrap_or_default())));
    let (over, ended) = oneshot::channel();
    house.orders.send(over).map_err(|_| Broken)?;
    let Ok(mut inner) = UnixStream::connect(&house.inner).await else { return Err(Broken) };
    if inner.write_all(&greeting).await.is_ok() {
        let ((mut from_client, mut to_client), (mut from_inner, mut to_inner)) = (client.split(), inner.split());
        // One that has hung up is not waited for.
        tokio::select! {
            _ = tokio::io::copy(&mut from_client, &mut to_inner) => {}
            _ = answer(&mut from_inner, &mut to_client) => {}
        }
    }
    // PostgreSQL may take a moment longer; the client need not wait for that.
    drop((client, inner));
    let outcome = ended.await.map_err(|_| Broken)?;
    house.set_guest(None);
    if let Some(error) = outcome {
        house.say(error);
    }
    Ok(())
}

/// Hands on what PostgreSQL says, but for notices at the beginning: the one inside evt has some for clients that it then
/// refuses, which expect to be let in or to read why not (PostgreSQL documentation, "Message Flow", "Start-up").
async fn answer<F, T>(from_inner: &mut F, to_client: &mut T) -> io::Result<u64>
where
    F: AsyncRead + Unpin,
    T: AsyncWrite + Unpin,
{
    loop {
        let (kind, length) = (from_inner.read_u8().await?, from_inner.read_u32().await?);
        if kind != b'N' {
            to_client.write_u8(kind).await?;
            to_client.write_u32(length).await?;
            return tokio::io::copy(from_inner, to_client).await;
        }
        // The length counts itself.
        let mut notice = from_inner.take(u64::from(length).saturating_sub(4));
        tokio::io::copy(&mut notice, &mut tokio::io::sink()).await?;
    }
}

/// What a client is told whose turn does not come (PostgreSQL documentation, "Message Formats", `ErrorResponse`, and
/// "Error and Notice Message Fields"; 53300 is `too_many_connections`).
fn refusal(guest: Option<(Visitor, Instant)>) -> Vec<u8> {
    let who = guest.map(|(visitor, since)| {
        let (name, database) = (visitor.name(), &visitor.database);
        format!(": `{name}` has been connected to `{database}` for {} s", since.elapsed().as_secs())
    });
    let message = format!(
        "the PostgreSQL inside evt serves one connection at a time, and none became free within {} s{}",
        TURN.as_secs(),
        who.unwrap_or_default()
    );
    let hint = "close the other connection; an installed PostgreSQL serves many at a time";
    let mut fields = Vec::new();
    for (kind, text) in [(b'S', "FATAL"), (b'V', "FATAL"), (b'C', "53300"), (b'M', &message), (b'H', hint)] {
        fields.push(kind);
        fields.extend_from_slice(text.as_bytes());
        fields.push(0);
    }
    fields.push(0);
    let length = u32::try_from(fields.len() + 4).unwrap_or(u32::MAX);
    [b"E", &length.to_be_bytes()[..], &fields].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_keeps_a_client_waiting_is_named() {
        let psql = Visitor { user: "me".to_owned(), database: "shop".to_owned(), application: Some("psql".to_owned()) };
        for (guest, words) in [(Some(psql), ": `psql` has been connected to `shop` for 0 s\0"), (None, "within 30 s\0")]
        {
            let message = refusal(guest.map(|visitor| (visitor, Instant::now())));
            let length = u32::from_be_bytes(*message[1..].first_chunk().expect("a length"));
            assert_eq!((message[0], length as usize + 1), (b'E', message.len()));
            let text = String::from_utf8(message[5..].to_vec()).expect("text");
            assert!(text.starts_with("SFATAL\0VFATAL\0C53300\0M") && text.ends_with("\0\0"), "{text:?}");
            assert!(text.contains(words), "{text:?}");
        }
    }
}
