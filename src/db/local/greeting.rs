//! What a client says first, and who it says it is.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest first message that a server takes (`MAX_STARTUP_PACKET_LENGTH` of PostgreSQL).
const LONGEST_GREETING: usize = 10_000;

/// Numbers of requests that stand where a startup message has its version (PostgreSQL documentation, "Message Formats").
const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// Who connects, by the startup message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visitor {
    /// The role.
    pub user: String,
    /// The database.
    pub database: String,
    /// What the program calls itself, if it does.
    pub application: Option<String>,
}

impl Visitor {
    /// What to call it.
    pub fn name(&self) -> &str {
        self.application.as_deref().unwrap_or(&self.user)
    }
}

/// Reads what a client says first, and answers requests for encryption, which there is none of. Nothing if it says
/// nothing, as those do who only look whether the port is open; no visitor if it only cancels somebody's statement.
pub(super) async fn greeting<S>(stream: &mut S) -> io::Result<Option<(Vec<u8>, Option<Visitor>)>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let length = match stream.read_u32().await {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        };
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if !(8..=LONGEST_GREETING).contains(&size) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its first message has an impossible length"));
        }
        let mut message = vec![0; size];
        let (head, body) = message.split_at_mut(4);
        head.copy_from_slice(&length.to_be_bytes());
        stream.read_exact(body).await?;
        match body.first_chunk().map(|code| u32::from_be_bytes(*code)) {
            Some(SSL_REQUEST | GSS_REQUEST) => stream.write_all(b"N").await?,
            Some(CANCEL_REQUEST) => return Ok(Some((message, None))),
            _ => {
                let visitor = visitor(&body[4..]);
                return Ok(Some((message, Some(visitor))));
            }
        }
    }
}

/// Who sent the parameters of a startup message: names and values, each ended by a zero byte.
fn visitor(parameters: &[u8]) -> Visitor {
    let texts: Vec<_> = parameters.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let find = |wanted: &str| {
        let pair = texts.chunks_exact(2).find(|pair| pair[0] == wanted);
        pair.map(|pair| pair[1].clone().into_owned()).filter(|value| !value.is_empty())
    };
    let user = find("user").unwrap_or_default();
    // PostgreSQL documentation, "Message Formats", `StartupMessage`: the database defaults to the name of the user.
    let database = find("database").unwrap_or_else(|| user.clone());
    Visitor { database, application: find("application_name"), user }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_are_named_by_their_parameters() {
        let named = |user: &str, database: &str, application: Option<&str>| Visitor {
            user: user.to_owned(),
            database: database.to_owned(),
            application: application.map(str::to_owned),
        };
        for (parameters, expected) in [
            ("user\0app\0database\0shop\0application_name\0psql\0\0", named("app", "shop", Some("psql"))),
            ("database\0shop\0user\0app\0\0", named("app", "shop", None)),
            ("user\0app\0application_name\0\0\0", named("app", "app", None)),
            ("", named("", "", None)),
            ("user", named("", "", None)),
        ] {
            assert_eq!(visitor(parameters.as_bytes()), expected, "{parameters:?}");
        }
    }
}
