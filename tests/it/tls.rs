//! Encrypted connections and passwords, against a server that insists on them.

use evt::db::{Connection, DatabaseUrl, DbError};
use evt::error::Error;
use evt::sql::quote::Statement;
use libtest_mimic::{Failed, Trial};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::guarded::{AWKWARD, guarded};
use crate::server::{of_programs, runtime};

pub(crate) fn tests() -> Vec<Trial> {
    let row = |row: &'static Row| Trial::test(format!("live tls: {}", row.name), move || check(row));
    let others: [(&str, Test); 4] = [
        ("live url: a password with every awkward character", awkward_password),
        ("live url: options, application name and namespace reach the server", session_parameters),
        ("live url: several hosts are tried in turn", several_hosts),
        ("live url: an address of IPv6 in brackets", ipv6),
    ];
    let rows = ROWS.iter().map(row);
    let tests = rows.chain(others.into_iter().map(|(name, test)| Trial::test(name, test)));
    tests.map(of_programs).collect()
}

type Test = fn() -> Result<(), Failed>;

/// One way to connect. In `parameters`, `<name>` stands for a file of the guarded server.
struct Row {
    name: &'static str,
    who: &'static str,
    host: &'static str,
    parameters: &'static str,
    wanted: Wanted,
}

enum Wanted {
    /// Connected, without encryption.
    Plain,
    /// Connected, encrypted.
    Encrypted,
    /// This code, and these words in the message.
    Refused(&'static str, &'static str),
}

use Wanted::{Encrypted, Plain, Refused};

const fn row(
    name: &'static str,
    who: &'static str,
    host: &'static str,
    parameters: &'static str,
    wanted: Wanted,
) -> Row {
    Row { name, who, host, parameters, wanted }
}

const PLAIN: &str = "plain:secret-of-plain";
const TLS: &str = "encrypted_only:secret-of-tls";

/// The server's certificate is for `localhost`, and not for `127.0.0.1`.
const ROWS: &[Row] = &[
    row("disable", PLAIN, "127.0.0.1", "sslmode=disable", Plain),
    row("disable, and the server insists", TLS, "127.0.0.1", "sslmode=disable", Refused("P1010", "no encryption")),
    row("prefer is the default", PLAIN, "127.0.0.1", "", Encrypted),
    row("prefer", TLS, "127.0.0.1", "sslmode=prefer", Encrypted),
    row("prefer checks nothing", TLS, "127.0.0.1", "sslmode=prefer&sslrootcert=<other-ca.pem>", Encrypted),
    row("require", TLS, "127.0.0.1", "sslmode=require", Encrypted),
    row("require checks nothing without an authority", TLS, "127.0.0.1", "sslmode=require", Encrypted),
    row("require with an authority is verify-ca", TLS, "127.0.0.1", "sslmode=require&sslrootcert=<ca.pem>", Encrypted),
    row(
        "require with the wrong authority",
        TLS,
        "127.0.0.1",
        "sslmode=require&sslrootcert=<other-ca.pem>",
        Refused("P1011", "UnknownIssuer"),
    ),
    row("verify-ca, right host", TLS, "localhost", "sslmode=verify-ca&sslrootcert=<ca.pem>", Encrypted),
    row("verify-ca, wrong host", TLS, "127.0.0.1", "sslmode=verify-ca&sslrootcert=<ca.pem>", Encrypted),
    row(
        "verify-ca, wrong authority",
        TLS,
        "localhost",
        "sslmode=verify-ca&sslrootcert=<other-ca.pem>",
        Refused("P1011", "UnknownIssuer"),
    ),
    row(
        "verify-ca, the platform's authorities",
        TLS,
        "localhost",
        "sslmode=verify-ca",
        Refused("P1011", "certificate"),
    ),
    row("verify-full, right host", TLS, "localhost", "sslmode=verify-full&sslrootcert=<ca.pem>", Encrypted),
    row(
        "verify-full, wrong host",
        TLS,
        "127.0.0.1",
        "sslmode=verify-full&sslrootcert=<ca.pem>",
        Refused("P1011", "not valid for name"),
    ),
    row(
        "verify-full, wrong authority",
        TLS,
        "localhost",
        "sslmode=verify-full&sslrootcert=<other-ca.pem>",
        Refused("P1011", "UnknownIssuer"),
    ),
    row(
        "verify-full, the authority's file is missing",
        TLS,
        "localhost",
        "sslmode=verify-full&sslrootcert=<none.pem>",
        Refused("P1011", "none.pem"),
    ),
    row(
        "Prisma: strict with sslcert",
        TLS,
        "localhost",
        "sslmode=require&sslaccept=strict&sslcert=<ca.pem>",
        Encrypted,
    ),
    row(
        "Prisma: strict with sslcert, wrong host",
        TLS,
        "127.0.0.1",
        "sslmode=require&sslaccept=strict&sslcert=<ca.pem>",
        Refused("P1011", "not valid for name"),
    ),
    row(
        "Prisma: strict without sslcert",
        TLS,
        "localhost",
        "sslmode=require&sslaccept=strict",
        Refused("P1011", "certificate"),
    ),
    row(
        "Prisma: accepting invalid certificates",
        TLS,
        "127.0.0.1",
        "sslmode=require&sslaccept=accept_invalid_certs&sslcert=<other-ca.pem>",
        Encrypted,
    ),
    row(
        "client certificate",
        "certified",
        "localhost",
        "sslmode=require&sslcert=<client.pem>&sslkey=<client.key>",
        Encrypted,
    ),
    row(
        "client certificate and verify-full",
        "certified",
        "localhost",
        "sslmode=verify-full&sslrootcert=<ca.pem>&sslcert=<client.pem>&sslkey=<client.key>",
        Encrypted,
    ),
    row("client certificate missing", "certified", "localhost", "sslmode=require", Refused("P1010", "certificate")),
    row(
        "client certificate of a stranger",
        "certified",
        "localhost",
        "sslmode=require&sslcert=<stranger.pem>&sslkey=<stranger.key>",
        Refused("P1011", ""),
    ),
    row(
        "client certificate whose key is missing",
        "certified",
        "localhost",
        "sslmode=require&sslcert=<client.pem>&sslkey=<none.key>",
        Refused("P1011", "none.key"),
    ),
    row(
        "PKCS#12",
        "certified",
        "localhost",
        "sslmode=require&sslidentity=<client.p12>&sslpassword=hunter2",
        Refused("P1011", "openssl pkcs12"),
    ),
    row("channel binding by default", TLS, "localhost", "sslmode=require", Encrypted),
    row("channel binding required", TLS, "localhost", "sslmode=require&channel_binding=require", Encrypted),
    row("channel binding turned off", TLS, "localhost", "sslmode=require&channel_binding=disable", Encrypted),
    row(
        "channel binding required without encryption",
        PLAIN,
        "localhost",
        "sslmode=disable&channel_binding=require",
        Refused("P1011", "channel binding"),
    ),
    row("wrong password", "plain:not-it", "localhost", "", Refused("P1000", "plain")),
    row("no password", "plain", "localhost", "", Refused("P1000", "plain")),
    row("a role that may not come", "barred:secret-of-barred", "localhost", "", Refused("P1010", "barred")),
];

fn check(row: &Row) -> Result<(), Failed> {
    let guarded = guarded();
    let parameters = row
        .parameters
        .split_inclusive('>')
        .map(|part| match part.strip_suffix('>').and_then(|part| part.split_once('<')) {
            Some((before, name)) => format!("{before}{}", guarded.file(name)),
            None => part.to_owned(),
        })
        .collect::<String>();
    let text = format!("postgresql://{}@{}:{}/postgres?{parameters}", row.who, row.host, guarded.port);
    let outcome = encrypted(&text);
    let found = match outcome {
        Ok(true) => "encrypted".to_owned(),
        Ok(false) => "plain".to_owned(),
        Err(error) => {
            let error = Error::from(error);
            let code = error.code().map_or("no code", evt::error::Code::as_str);
            format!("{code}: {}", error.full_message())
        }
    };
    let fits = match row.wanted {
        Plain => found == "plain",
        Encrypted => found == "encrypted",
        Refused(code, words) => found.starts_with(code) && found.contains(words),
    };
    let secret = row.who.split_once(':').map_or("hunter2", |(_, secret)| secret);
    if found.contains(secret) {
        return Err(format!("the password is shown: {found}").into());
    }
    if fits { Ok(()) } else { Err(found.into()) }
}

/// Connects, and tells whether the session is encrypted.
fn encrypted(text: &str) -> Result<bool, DbError> {
    ask(text, "SELECT ssl AS value FROM pg_stat_ssl WHERE pid = pg_backend_pid()").map(|value| value == "t")
}

fn ask(text: &str, question: &'static str) -> Result<String, DbError> {
    let url: DatabaseUrl = text.parse().expect("a URL");
    runtime().block_on(async {
        let mut db = Connection::open(&url).await?;
        let rows = db.rows(&Statement::from(question)).await?;
        let value = rows.first().and_then(|row| row.get("value")).unwrap_or_default().to_owned();
        db.close().await;
        Ok(value)
    })
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn awkward_password() -> Result<(), Failed> {
    let port = guarded().port;
    let user = encoded("we:ird @user/");
    for sslmode in ["disable", "require"] {
        let text = format!("postgresql://{user}:{}@localhost:{port}/postgres?sslmode={sslmode}", encoded(AWKWARD));
        assert_eq!(ask(&text, "SELECT current_user AS value")?, "we:ird @user/", "{sslmode}");
    }
    // The same as parameters, where Prisma looks too.
    let text = format!("postgresql://localhost:{port}/postgres?user={user}&password={}", encoded(AWKWARD));
    assert_eq!(ask(&text, "SELECT current_user AS value")?, "we:ird @user/");
    Ok(())
}

fn session_parameters() -> Result<(), Failed> {
    let text = format!(
        "postgresql://{PLAIN}@localhost:{}/postgres?options=-c%20statement_timeout%3D12345%20-c%20work_mem=7MB\
         &application_name=the%20tests&schema=My%20own",
        guarded().port
    );
    for (question, expected) in [
        ("SELECT current_setting('statement_timeout') AS value", "12345ms"),
        ("SELECT current_setting('work_mem') AS value", "7MB"),
        ("SELECT current_setting('application_name') AS value", "the tests"),
        ("SELECT current_setting('search_path') AS value", "\"My own\""),
    ] {
        assert_eq!(ask(&text, question)?, expected, "{question}");
    }
    Ok(())
}

fn several_hosts() -> Result<(), Failed> {
    let guarded = guarded();
    let port = guarded.port;
    for hosts in [format!("127.0.0.1:1,localhost:{port}"), format!("localhost:{port},nowhere.invalid:5432")] {
        let text = format!("postgresql://{PLAIN}@{hosts}/postgres?target_session_attrs=read-write");
        assert_eq!(ask(&text, "SELECT current_user AS value")?, "plain", "{hosts}");
    }
    let error = ask(&format!("postgresql://{PLAIN}@127.0.0.1:1,127.0.0.1:2/postgres"), "SELECT 1");
    assert!(matches!(&error, Err(DbError::Unreachable { location, .. }) if location == "127.0.0.1:1,127.0.0.1:2"));
    Ok(())
}

fn ipv6() -> Result<(), Failed> {
    let guarded = guarded();
    let text = format!("postgresql://{PLAIN}@[::1]:{}/postgres", guarded.port);
    match (guarded.has_ipv6(), ask(&text, "SELECT current_user AS value")) {
        (true, found) => assert_eq!(found?, "plain"),
        // The machine has no such address: what counts is that the brackets were understood.
        (false, Err(DbError::Unreachable { location, .. })) => assert_eq!(location, format!("[::1]:{}", guarded.port)),
        (false, other) => return Err(format!("{other:?}").into()),
    }
    Ok(())
}
